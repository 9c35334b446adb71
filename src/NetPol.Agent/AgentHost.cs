using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using NetPol.Agent.Health;
using NetPol.Agent.Metrics;
using NetPol.Hosting;
using OpenTelemetry.Metrics;

namespace NetPol.Agent;

/// <summary>Puts the parts together and runs them.</summary>
internal static class AgentHost
{
    public static async Task RunAsync(IConfiguration configuration, CancellationToken cancel)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Logging.AddDaemonLogging<AgentOptions>();
        builder.Services
            .AddSettings(configuration)
            .AddInspection()
            .AddHostNetwork()
            .AddDataplane()
            .AddConntrack()
            .AddBridges()
            .AddSync()
            .AddFlowLogs()
            .AddAgentMetrics()
            .AddNodeStats();
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(Listen);
        await using var app = builder.Build();
        var options = app.Services.GetRequiredService<AgentOptions>();
        // First, so that it hears of everything from the start.
        Telemetry.Answer(app, app.Services.GetRequiredService<MeterProvider>(), options);
        app.Services.GetRequiredService<AgentMeter>();
        app.MapWhen(request => request.Connection.LocalPort == options.LocalPort, local => local.UseRouting().UseEndpoints(LocalEndpoints.Map));
        await app.RunDaemonAsync(cancel);
    }

    private static void Listen(KestrelServerOptions kestrel)
    {
        var services = kestrel.ApplicationServices;
        var options = services.GetRequiredService<AgentOptions>();
        // No request has a body, or many headers.
        kestrel.Limits.MaxRequestBodySize = 0;
        kestrel.Limits.MaxRequestHeadersTotalSize = 8 << 10;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(5);
        kestrel.Listen(IPAddress.Loopback, options.LocalPort, listen => listen.Protocols = HttpProtocols.Http1);
        if (options.MetricsPort is not { } port)
            return;
        var (log, time) = (services.GetRequiredService<ILogger<ConnectionGuard>>(), services.GetRequiredService<TimeProvider>());
        var refusals = new ConnectionRefusals((count, address, reason) => Log.ConnectionsRefused(log, port, count, address, reason), time);
        var guard = new ConnectionGuard(ConnectionLimits.Anonymous, _ => false, refusals.Add, time);
        kestrel.ListenAnyIP(port, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            listen.Use(guard.Guard);
        });
    }
}
