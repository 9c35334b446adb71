using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using NetPol.Agent.Bridging;
using NetPol.Agent.Counting;
using NetPol.Agent.Cutting;
using NetPol.Agent.Enforcing;
using NetPol.Agent.Flows;
using NetPol.Agent.Health;
using NetPol.Agent.Inspecting;
using NetPol.Agent.Metrics;
using NetPol.Agent.Network;
using NetPol.Agent.Streaming;
using NetPol.Netlink.Routing;
using NetPol.Nftables;
using NetPol.Nftables.Kernel;
using NetPol.Rendering;
using NetPol.Hosting;
using OpenTelemetry.Metrics;

namespace NetPol.Agent;

/// <summary>Puts the parts together and runs them.</summary>
internal static class AgentHost
{
    public static string NameAndVersion { get; } = $"netpol-agent/{typeof(AgentHost).Assembly.GetName().Version?.ToString(3)}";

    public static async Task RunAsync(AgentOptions options, (LogLevel Level, bool Json) logging, CancellationToken cancel)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        Settings.Configure(builder.Logging, logging.Level, logging.Json);
        builder.Services.AddMetrics();
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<NftablesMetrics>();
        builder.Services.AddSingleton(services => KernelNftables.Open(TableFamily.Inet, services.GetRequiredService<NftablesMetrics>()));
        builder.Services.AddSingleton<INftables>(services => services.GetRequiredService<KernelNftables>());
        builder.Services.AddSingleton(_ => KernelConnections.Open());
        builder.Services.AddSingleton(services => services.GetRequiredService<KernelNftables>().Watch(
            Renderer.TableName, services.GetRequiredService<KernelConnections>().PortId));
        builder.Services.AddSingleton<AgentState>();
        builder.Services.AddSingleton(services => new Enforcer(
            options.Node, services.GetRequiredService<INftables>(), services.GetRequiredService<AgentState>(), services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<ILogger<Enforcer>>())
        {
            Logs = options.FlowLogs,
        });
        builder.Services.AddSingleton<Readiness>();
        builder.Services.AddSingleton<ControllerLink>();
        builder.Services.AddSingleton<LocalAddresses>();
        builder.Services.AddSingleton(services => new Inspector(options.Node, services.GetRequiredService<Enforcer>(), () => KernelTableView.Open(Renderer.TableName)));
        builder.Services.AddHostedService<InspectionServer>();
        builder.Services.AddSingleton(_ => KernelNetwork.Open());
        builder.Services.AddSingleton(_ => RouteMonitor.Open());
        // Before the follower: the first rules are for the network of the node.
        builder.Services.AddHostedService<HostNetworkWatcher>();
        builder.Services.AddHostedService<DriftGuard>();
        builder.Services.AddHostedService<ConnectionCutter>();
        builder.Services.AddSingleton<BridgeCoverage>();
        builder.Services.AddSingleton<Func<BridgeSockets>>(BridgeSockets.Open);
        builder.Services.AddHostedService<BridgeGuard>();
        builder.Services.AddHostedService<RuleFollower>();
        builder.Services.AddHostedService<ReadinessReporter>();
        // Behind the follower, so that they stop before it: the last records still go to the controller.
        AddFlows(builder.Services, options);
        AddMetrics(builder.Services, options);
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel => Listen(kestrel, options));
        await using var app = builder.Build();
        // First, so that it hears of everything from the start.
        Telemetry.Answer(app, app.Services.GetRequiredService<MeterProvider>(), options.LocalPort, options.Metrics);
        app.Services.GetRequiredService<AgentMeter>();
        app.MapWhen(request => request.Connection.LocalPort == options.LocalPort, local => local.UseRouting().UseEndpoints(LocalEndpoints.Map));
        await app.StartAsync(cancel);
        await app.WaitForShutdownAsync(cancel);
    }

    private static void AddFlows(IServiceCollection services, AgentOptions options)
    {
        services.AddSingleton<FlowMeter>();
        services.AddSingleton<FlowQueue>();
        services.AddSingleton<AddressNames>();
        services.AddSingleton<IFlowSink, ControllerSink>();
        if (string.Equals(options.FlowLogOutput, AgentOptions.StandardOutput, StringComparison.Ordinal))
            services.AddSingleton<IFlowSink>(provider => new LineSink(Console.OpenStandardOutput(), provider.GetRequiredService<FlowMeter>()));
        else if (string.Equals(options.FlowLogOutput, AgentOptions.CollectorOutput, StringComparison.Ordinal))
            services.AddSingleton<IFlowSink>(provider => new OtlpSink(Telemetry.LogsCollector(options.Metrics), options.Node, provider.GetRequiredService<FlowMeter>()));
        else if (!string.Equals(options.FlowLogOutput, AgentOptions.NoOutput, StringComparison.Ordinal))
            services.AddSingleton<IFlowSink>(provider => new FileSink(options.FlowLogOutput, FileSink.MaxBytes, provider.GetRequiredService<FlowMeter>(), provider.GetRequiredService<ILogger<FileSink>>()));
        // They stop the other way round: what was read is still published.
        services.AddHostedService<FlowPublisher>();
        services.AddHostedService<FlowReader>();
    }

    private static void Listen(KestrelServerOptions kestrel, AgentOptions options)
    {
        // No request has a body, or many headers.
        kestrel.Limits.MaxRequestBodySize = 0;
        kestrel.Limits.MaxRequestHeadersTotalSize = 8 << 10;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(5);
        kestrel.Listen(IPAddress.Loopback, options.LocalPort, listen => listen.Protocols = HttpProtocols.Http1);
        if (options.Metrics.Port is not { } port)
            return;
        var services = kestrel.ApplicationServices;
        var (log, time) = (services.GetRequiredService<ILogger<ConnectionGuard>>(), services.GetRequiredService<TimeProvider>());
        var refusals = new ConnectionRefusals((count, address, reason) => Log.ConnectionsRefused(log, port, count, address, reason), time);
        var guard = new ConnectionGuard(ConnectionLimits.Anonymous, _ => false, refusals.Add, time);
        kestrel.ListenAnyIP(port, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            listen.Use(guard.Guard);
        });
    }

    private static void AddMetrics(IServiceCollection services, AgentOptions options)
    {
        services.AddSingleton(provider => new CounterReader(KernelNftables.Open(TableFamily.Inet, provider.GetRequiredService<NftablesMetrics>()), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new VerdictCounts(
            provider.GetRequiredService<Enforcer>(), provider.GetRequiredService<CounterReader>(), options.MetricsLevel, options.MaxSeries));
        services.AddSingleton(provider => new VerdictMeter(provider.GetRequiredService<VerdictCounts>(), options.MaxSeries));
        services.AddSingleton<AgentMeter>();
        services.AddHostedService<CounterKeeper>();
        services.AddSingleton<AuditCounts>();
        services.AddHostedService<TallyReporter>();
        services.AddSingleton(_ => Telemetry.Start(
            options.Metrics, "netpol-agent", options.Node, [AgentMeter.Name, VerdictMeter.Name],
            metrics => metrics.AddView("netpol.verdict.*", new MetricStreamConfiguration { CardinalityLimit = VerdictMeter.PlacesFor(options.MaxSeries) })));
    }
}
