using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace NetPol.Monitoring.Tests;

/// <summary>An OTLP collector (protobuf over HTTP) that remembers the last of what it was sent.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, long> _sums = new(StringComparer.Ordinal);

    private readonly ConcurrentQueue<string> _records = new();

    private OtlpReceiver(Socket listener)
    {
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        Address = new($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndPoint!).Port}");
        var handle = (ulong)listener.SafeHandle.DangerousGetHandle();
        listener.SafeHandle.SetHandleAsInvalid();
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenHandle(handle, listen => listen.Protocols = HttpProtocols.Http1));
        _app = builder.Build();
        _app.Run(TakeAsync);
    }

    public Uri Address { get; }

    /// <summary>Integer sums by <c>service instance name{labels}</c>.</summary>
    public IReadOnlyDictionary<string, long> Sums => _sums;

    /// <summary>Log records as <see cref="OtlpLogs"/> writes them.</summary>
    public IReadOnlyCollection<string> Records => _records;

    public static async Task<OtlpReceiver> StartAsync(Socket listener)
    {
        var receiver = new OtlpReceiver(listener);
        await receiver._app.StartAsync();
        return receiver;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        if ((context.Request.Path != "/v1/metrics" && context.Request.Path != "/v1/logs") || !string.Equals(context.Request.ContentType, "application/x-protobuf", StringComparison.Ordinal))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        if (context.Request.Path == "/v1/logs")
        {
            foreach (var record in OtlpLogs.Records(body.ToArray()))
                _records.Enqueue(record);
            return;
        }
        foreach (var (name, value) in OtlpMetrics.Sums(body.ToArray()))
            _sums[name] = value;
    }
}
