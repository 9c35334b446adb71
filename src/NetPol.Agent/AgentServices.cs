using Microsoft.Extensions.Options;
using NetPol.Agent.Bridges;
using NetPol.Agent.Conntrack;
using NetPol.Agent.Counters;
using NetPol.Agent.Dataplane;
using NetPol.Agent.FlowLogs;
using NetPol.Agent.Health;
using NetPol.Agent.Infrastructure;
using NetPol.Agent.Metrics;
using NetPol.Agent.Network;
using NetPol.Agent.NodeInspection;
using NetPol.Agent.Stats;
using NetPol.Agent.Status;
using NetPol.Agent.Sync;
using NetPol.Hosting;
using NetPol.Netlink.Routing;
using NetPol.Nftables;
using NetPol.Nftables.Kernel;
using NetPol.Rendering;
using OpenTelemetry.Metrics;

namespace NetPol.Agent;

/// <summary>Registers the services of the agent, by feature. Hosted services start in the order of the calls and stop in the opposite order.</summary>
internal static class AgentServices
{
    public static IServiceCollection AddSettings(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<AgentOptions>().Bind(configuration).ValidateOnStart();
        return services
            .AddSingleton<IValidateOptions<AgentOptions>, AgentOptionsValidator>()
            .AddSingleton(provider => provider.GetRequiredService<IOptions<AgentOptions>>().Value)
            .AddSingleton(TimeProvider.System);
    }

    /// <summary>The rules in the kernel.</summary>
    public static IServiceCollection AddDataplane(this IServiceCollection services) => services
        .AddSingleton<AgentStatus>()
        .AddSingleton<NftablesMetrics>()
        .AddSingleton(provider => KernelNftables.OpenOwner(TableFamily.Inet, provider.GetRequiredService<NftablesMetrics>()))
        .AddSingleton<INftables>(provider => provider.GetRequiredService<KernelNftables>())
        .AddSingleton(provider => provider.GetRequiredService<KernelNftables>().Watch(Renderer.TableName))
        .AddSingleton(provider => new NftablesDataplane(
            Options(provider).Node, provider.GetRequiredService<INftables>(), provider.GetRequiredService<AgentStatus>(), provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<NftablesDataplane>>(), provider.GetServices<IRuleSetObserver>())
        {
            FlowLogSettings = Options(provider).CreateFlowLogSettings(),
        })
        .AddHostedService<DriftReconciler>();

    /// <summary>The node's own network. It comes before <see cref="AddSync"/>, because the first rules depend on it.</summary>
    public static IServiceCollection AddHostNetwork(this IServiceCollection services) => services
        .AddSingleton(_ => KernelNetworkReader.Open())
        .AddSingleton(_ => RouteMonitor.Open())
        .AddSingleton<LocalAddresses>()
        .AddSingleton<IRuleSetObserver, HostNetworkTrigger>()
        .AddHostedService<HostNetworkWatcher>();

    /// <summary>The removal of connections that the rules forbid.</summary>
    public static IServiceCollection AddConntrack(this IServiceCollection services) => services
        .AddSingleton(provider => ConntrackTable.Open(provider.GetRequiredService<KernelNftables>()))
        .AddSingleton<AffectedEndpointQueue>()
        .AddSingleton<IRuleSetObserver>(provider => provider.GetRequiredService<AffectedEndpointQueue>())
        .AddHostedService<ConntrackCleaner>();

    /// <summary>The table that checks what pods send into bridges.</summary>
    public static IServiceCollection AddBridges(this IServiceCollection services) => services
        .AddSingleton<BridgeCoverage>()
        .AddSingleton<Func<BridgeSockets>>(() => BridgeSockets.Open(KernelNftables.OpenOwner(TableFamily.Bridge)))
        .AddSingleton<BridgeTrigger>()
        .AddSingleton<IRuleSetObserver>(provider => provider.GetRequiredService<BridgeTrigger>())
        .AddHostedService<BridgeReconciler>();

    /// <summary>The stream of rules from a controller, and the readiness that depends on it.</summary>
    public static IServiceCollection AddSync(this IServiceCollection services) => services
        .AddSingleton<ActiveController>()
        .AddSingleton<ReadinessCheck>()
        .AddHostedService<RuleSetClient>()
        .AddHostedService<ReadinessLogger>();

    public static IServiceCollection AddInspection(this IServiceCollection services) => services
        .AddSingleton(provider => new PacketInspector(Options(provider).Node, provider.GetRequiredService<NftablesDataplane>(), () => KernelTableView.Open(Renderer.TableName)))
        .AddHostedService<InspectionServer>();

    /// <summary>
    /// Flow records. They come after <see cref="AddSync"/>, so that they stop before it and the last records still go to the controller; the reader stops before the publisher.
    /// </summary>
    public static IServiceCollection AddFlowLogs(this IServiceCollection services) => services
        .AddSingleton<FlowMetrics>()
        .AddSingleton<FlowRecordQueue>()
        .AddSingleton<IpCacheClient>()
        .AddSingleton<ControllerExporter>()
        .AddSingleton(provider => new JsonLinesExporter(Console.OpenStandardOutput(), provider.GetRequiredService<FlowMetrics>()))
        .AddSingleton(provider => new OtlpFlowExporter(Telemetry.CreateLogExporterOptions(Options(provider)), Options(provider).Node, provider.GetRequiredService<FlowMetrics>()))
        .AddSingleton(provider => new FileExporter(
            Options(provider).FlowLogOutput, FileExporter.MaxBytes, provider.GetRequiredService<FlowMetrics>(), provider.GetRequiredService<ILogger<FileExporter>>()))
        .AddSingleton<IEnumerable<IFlowExporter>>(SelectExporters)
        .AddHostedService<FlowPublisher>()
        .AddHostedService<FlowLogReader>();

    /// <summary>The counters of verdicts as metrics, and the agent's own metrics.</summary>
    public static IServiceCollection AddAgentMetrics(this IServiceCollection services) => services
        .AddMetrics()
        .AddSingleton(provider => new CounterReader(KernelNftables.Open(TableFamily.Inet, provider.GetRequiredService<NftablesMetrics>()), provider.GetRequiredService<TimeProvider>()))
        .AddSingleton(provider => new VerdictCounts(
            provider.GetRequiredService<NftablesDataplane>(), provider.GetRequiredService<CounterReader>(), Options(provider).MetricsLevel, Options(provider).MetricsSeries))
        .AddSingleton(provider => new VerdictMetrics(provider.GetRequiredService<VerdictCounts>(), Options(provider).MetricsSeries))
        .AddSingleton<AgentGauges>()
        .AddHostedService<CounterGarbageCollector>()
        .AddSingleton(provider => Telemetry.StartMetrics(
            Options(provider), "netpol-agent", Options(provider).Node, [AgentInstrumentation.MeterName, VerdictMetrics.Name],
            metrics => metrics.AddView("netpol.policy.*", new MetricStreamConfiguration { CardinalityLimit = VerdictMetrics.CardinalityFor(Options(provider).MetricsSeries) })));

    /// <summary>The counters of audits, for the controller.</summary>
    public static IServiceCollection AddNodeStats(this IServiceCollection services) => services
        .AddSingleton<AuditCounter>()
        .AddHostedService<NodeStatsReporter>();

    private static AgentOptions Options(IServiceProvider services) => services.GetRequiredService<AgentOptions>();

    private static IFlowExporter[] SelectExporters(IServiceProvider services)
    {
        IFlowExporter controller = services.GetRequiredService<ControllerExporter>();
        return Options(services).FlowLogOutput switch
        {
            AgentOptions.NoOutput => [controller],
            AgentOptions.StandardOutput => [controller, services.GetRequiredService<JsonLinesExporter>()],
            AgentOptions.CollectorOutput => [controller, services.GetRequiredService<OtlpFlowExporter>()],
            _ => [controller, services.GetRequiredService<FileExporter>()],
        };
    }
}
