using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Threading.Channels;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using NetPol.Controller.Infrastructure;
using NetPol.Controller.Security;
using NetPol.Model.RuleSets;
using NetPol.Protocol.RuleSets;
using NetPol.Protocol.Wire;

namespace NetPol.Controller.Tests.EndToEnd;

/// <summary>A controller that sends over TLS what a test specifies.</summary>
internal sealed class ScriptedController : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly CertificateSet _tls = CertificateRenewal.Renew(null, new ControllerOptions().TlsName, DateTimeOffset.UtcNow);
    private readonly Script _script = new();

    private readonly SemaphoreSlim _handshakes = new(0);

    private ScriptedController(Socket listener)
    {
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        Port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        // From here on it is the server's.
        var handle = (ulong)listener.SafeHandle.DangerousGetHandle();
        listener.SafeHandle.SetHandleAsInvalid();
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Services.AddGrpc();
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton(_script);
        builder.WebHost.UseKestrelCore();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenHandle(handle, listen =>
        {
            listen.Protocols = HttpProtocols.Http2;
            listen.UseHttps(https =>
            {
                https.SslProtocols = SslProtocols.Tls13;
                https.ServerCertificateSelector = (_, _) =>
                {
                    _handshakes.Release();
                    return _tls.Server;
                };
            });
        }));
        _app = builder.Build();
        _app.MapGrpcService<Service>();
    }

    /// <summary>Waits for the next try to connect.</summary>
    public async Task HandshakeAsync() => Assert.IsTrue(await _handshakes.WaitAsync(TimeSpan.FromSeconds(60)), "no client tries to connect");

    public string Authorities => CertificatePem.Bundle(_tls);

    public int Port { get; }

    /// <summary>Listens on the loopback address.</summary>
    /// <param name="open">Opens the socket to listen with, in some other network namespace; null for one in this process's.</param>
    public static async Task<ScriptedController> StartAsync(Func<Socket>? open = null)
    {
        var controller = new ScriptedController(open?.Invoke() ?? new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        await controller._app.StartAsync();
        return controller;
    }

    /// <summary>The next stream that an agent opens.</summary>
    public Task<Stream> NextAsync() => _script.Streams.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(60));

    public async ValueTask DisposeAsync()
    {
        _script.End.Cancel();
        await _app.DisposeAsync();
        _script.End.Dispose();
        _handshakes.Dispose();
    }

    /// <summary>One stream, from its Hello on.</summary>
    internal sealed class Stream(Hello hello, string? proof, IAsyncStreamReader<AgentMessage> reports, IServerStreamWriter<UpdatePart> updates)
    {
        private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Hello Hello { get; } = hello;

        /// <summary>What the agent showed.</summary>
        public string? Proof { get; } = proof;

        public Task Ended => _end.Task;

        public async Task SendAsync(ulong generation, ulong @base, NodeRuleSetDelta change, DateTimeOffset? causedAt = null)
        {
            foreach (var part in UpdateWriter.Write(new(generation, @base, causedAt), change))
                await updates.WriteAsync(part);
        }

        public Task SendAsync(UpdatePart part) => updates.WriteAsync(part);

        /// <summary>The next report; null when the agent ended the stream.</summary>
        public async Task<Ack?> AckAsync()
        {
            try
            {
                return await reports.MoveNext(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(60)) ? reports.Current.Ack : null;
            }
            catch (Exception error) when (error is IOException or RpcException or OperationCanceledException)
            {
                return null;
            }
        }

        public void End() => _end.TrySetResult();

        /// <summary>Ends it as a controller does that no longer believes the agent.</summary>
        public void Refuse() => _end.TrySetException(new RpcException(new(StatusCode.Unauthenticated, "the token is past its time")));
    }

    internal sealed class Script
    {
        public Channel<Stream> Streams { get; } = Channel.CreateUnbounded<Stream>();

        public CancellationTokenSource End { get; } = new();
    }

    internal sealed class Service(Script script) : NodeRules.NodeRulesBase
    {
        public override async Task Sync(IAsyncStreamReader<AgentMessage> requestStream, IServerStreamWriter<UpdatePart> responseStream, ServerCallContext context)
        {
            Assert.IsTrue(await requestStream.MoveNext(context.CancellationToken));
            var stream = new Stream(requestStream.Current.Hello, context.RequestHeaders.GetValue("authorization"), requestStream, responseStream);
            await script.Streams.Writer.WriteAsync(stream, context.CancellationToken);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken, script.End.Token);
            await stream.Ended.WaitAsync(both.Token);
        }
    }
}
