using System.Net;
using System.Security.Authentication;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using NetPol.Controller.Infrastructure;
using NetPol.Controller.Metrics;
using NetPol.Controller.Security;
using NetPol.Controller.Watch;
using NetPol.Hosting;
using NetPol.Model.Net;

namespace NetPol.Controller.Access;

/// <summary>
/// The ports, and the limits of unauthenticated callers there. Kestrel itself bounds, per connection, HEADERS and CONTINUATION frames
/// (<see cref="KestrelServerLimits.MaxRequestHeadersTotalSize"/> counts decoded bytes), streams that are reset at once (CVE-2023-44487: at twice
/// <see cref="Http2Limits.MaxStreamsPerConnection"/> it sends ENHANCE_YOUR_CALM, and closes the connection if the resets continue), and queued control frames.
/// </summary>
internal static class KestrelConfiguration
{
    /// <summary>A token has 2 kB at most, and a browser sends some 25 headers.</summary>
    private const int MaxHeaderBytes = 16 << 10;

    private const int MaxHeaders = 64;

    /// <summary>An agent has three streams and a few other calls at a time.</summary>
    private const int MaxStreams = 32;

    /// <summary>The smallest that HTTP/2 allows: the largest message of an agent goes in a few of them.</summary>
    private const int Window = 65_535;

    public static void Configure(KestrelServerOptions kestrel)
    {
        Limit(kestrel.Limits);
        var services = kestrel.ApplicationServices;
        var options = services.GetRequiredService<ControllerOptions>();
        var manager = services.GetRequiredService<CertificateManager>();
        var (meter, time) = (services.GetRequiredService<AccessMetrics>(), services.GetRequiredService<TimeProvider>());
        var log = services.GetRequiredService<ILogger<ConnectionLimiter>>();
        var refusals = new RefusalLog((count, address, reason) => Log.ConnectionsRefused(log, count, address, reason), time);
        var callers = Guard(new());
        var anonymous = Guard(ConnectionLimits.Anonymous);
        meter.Observe(() => callers.Count, () => services.GetRequiredService<TokenAuthenticator>().Waiting);
        kestrel.ListenAnyIP(options.Port, listen => ListenSafely(listen, HttpProtocols.Http2));
        if (options.DashboardPort is { } page)
            kestrel.ListenAnyIP(page, listen => ListenSafely(listen, HttpProtocols.Http1AndHttp2));
        // No limits: only the node itself reaches this port, and its probes must always get an answer.
        kestrel.Listen(IPAddress.Loopback, options.LocalPort, listen => listen.Protocols = HttpProtocols.Http1);
        if (options.MetricsPort is { } port)
        {
            kestrel.ListenAnyIP(port, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                listen.Use(anonymous.UseLimits);
            });
        }

        void ListenSafely(ListenOptions listen, HttpProtocols protocols)
        {
            listen.Protocols = protocols;
            listen.Use(callers.UseLimits);
            listen.UseHttps(https =>
            {
                https.SslProtocols = SslProtocols.Tls13;
                https.HandshakeTimeout = TimeSpan.FromSeconds(5);
                https.ServerCertificateSelector = (_, _) => manager.Server;
            });
        }

        ConnectionLimiter Guard(ConnectionLimits limits) => new(limits, address => IsNode(services.GetRequiredService<IpCache>(), address), Refused, time);

        void Refused(ConnectionRefusalReason reason, IPAddress address)
        {
            meter.CountRefused(reason);
            refusals.Add(reason, address);
        }
    }

    private static void Limit(KestrelServerLimits limits)
    {
        limits.MaxRequestHeadersTotalSize = MaxHeaderBytes;
        limits.MaxRequestHeaderCount = MaxHeaders;
        limits.MaxRequestLineSize = MaxHeaderBytes / 2;
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(5);
        limits.KeepAliveTimeout = TimeSpan.FromMinutes(2);
        // CallAuthorization raises this limit for an authenticated call that has a body.
        limits.MaxRequestBodySize = 0;
        limits.MaxRequestBufferSize = Window + 1;
        limits.MinRequestBodyDataRate = new(bytesPerSecond: 240, gracePeriod: TimeSpan.FromSeconds(10));
        // A stream sends nothing for hours when nothing changes.
        limits.MinResponseDataRate = null;
        // These close the connection of an unreachable node within half a minute.
        limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(10);
        limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(10);
        limits.Http2.MaxStreamsPerConnection = MaxStreams;
        limits.Http2.MaxRequestHeaderFieldSize = MaxHeaderBytes / 2;
        limits.Http2.InitialConnectionWindowSize = 2 * Window;
        limits.Http2.InitialStreamWindowSize = Window;
    }

    /// <summary>Agents run in the host network, so their addresses are those of nodes.</summary>
    private static bool IsNode(IpCache store, IPAddress address) => store.Find(IpAddress.FromBytes(address.GetAddressBytes())) is { Node: not null };
}
