using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace NetPol.Monitoring.Tests;

/// <summary>An OTLP collector, over HTTP or gRPC, that remembers the last of what it was sent.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    // A message of gRPC begins with a byte for its compression and four for its length.
    private const int GrpcHead = 5;

    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, long> _sums = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> _records = new();
    private readonly bool _isGrpc;

    private OtlpReceiver(Socket listener, bool isGrpc)
    {
        _isGrpc = isGrpc;
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        Address = new($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndPoint!).Port}");
        var handle = (ulong)listener.SafeHandle.DangerousGetHandle();
        listener.SafeHandle.SetHandleAsInvalid();
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ListenHandle(handle, listen => listen.Protocols = isGrpc ? HttpProtocols.Http2 : HttpProtocols.Http1));
        _app = builder.Build();
        _app.Run(TakeAsync);
    }

    public Uri Address { get; }

    /// <summary>Integer sums by <c>service instance name{labels}</c>.</summary>
    public IReadOnlyDictionary<string, long> Sums => _sums;

    /// <summary>Log records as <see cref="OtlpLogs"/> writes them.</summary>
    public IReadOnlyCollection<string> Records => _records;

    /// <param name="listener">Where to listen; it is taken over.</param>
    /// <param name="protocol"><c>http/protobuf</c> or <c>grpc</c>, as in <c>OTEL_EXPORTER_OTLP_PROTOCOL</c>.</param>
    public static async Task<OtlpReceiver> StartAsync(Socket listener, string protocol)
    {
        var receiver = new OtlpReceiver(listener, string.Equals(protocol, "grpc", StringComparison.Ordinal));
        await receiver._app.StartAsync();
        return receiver;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        var (metrics, logs, type) = _isGrpc
            ? ("/opentelemetry.proto.collector.metrics.v1.MetricsService/Export", "/opentelemetry.proto.collector.logs.v1.LogsService/Export", "application/grpc")
            : ("/v1/metrics", "/v1/logs", "application/x-protobuf");
        if ((context.Request.Path != metrics && context.Request.Path != logs) || !string.Equals(context.Request.ContentType, type, StringComparison.Ordinal))
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var message = body.ToArray()[(_isGrpc ? GrpcHead : 0)..];
        if (context.Request.Path == logs)
        {
            foreach (var record in OtlpLogs.Records(message))
                _records.Enqueue(record);
        }
        else
        {
            foreach (var (name, value) in OtlpMetrics.Sums(message))
                _sums[name] = value;
        }
        context.Response.ContentType = type;
        if (_isGrpc)
        {
            await context.Response.Body.WriteAsync(new byte[GrpcHead]);
            context.Response.AppendTrailer("grpc-status", "0");
        }
    }
}
