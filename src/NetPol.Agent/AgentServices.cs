using Microsoft.Extensions.Options;
using NetPol.Agent.Bridging;
using NetPol.Agent.Counting;
using NetPol.Agent.Cutting;
using NetPol.Agent.Enforcing;
using NetPol.Agent.Flows;
using NetPol.Agent.Inspecting;
using NetPol.Agent.Metrics;
using NetPol.Agent.Network;
using NetPol.Agent.Streaming;
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
        .AddSingleton<AgentState>()
        .AddSingleton<NftablesMetrics>()
        .AddSingleton(provider => KernelNftables.Open(TableFamily.Inet, provider.GetRequiredService<NftablesMetrics>()))
        .AddSingleton<INftables>(provider => provider.GetRequiredService<KernelNftables>())
        .AddSingleton(provider => provider.GetRequiredService<KernelNftables>().Watch(Renderer.TableName, provider.GetRequiredService<KernelConnections>().PortId))
        .AddSingleton(provider => new Enforcer(
            Options(provider).Node, provider.GetRequiredService<INftables>(), provider.GetRequiredService<AgentState>(), provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<Enforcer>>(), provider.GetServices<IRuleSetObserver>())
        {
            Logs = Options(provider).CreateFlowLogSettings(),
        })
        .AddHostedService<DriftGuard>();

    /// <summary>The node's own network. It comes before <see cref="AddSync"/>, because the first rules are for the network of the node.</summary>
    public static IServiceCollection AddHostNetwork(this IServiceCollection services) => services
        .AddSingleton(_ => KernelNetwork.Open())
        .AddSingleton(_ => RouteMonitor.Open())
        .AddSingleton<LocalAddresses>()
        .AddSingleton<IRuleSetObserver, HostNetworkTrigger>()
        .AddHostedService<HostNetworkWatcher>();

    /// <summary>The removal of connections that the rules forbid.</summary>
    public static IServiceCollection AddConntrack(this IServiceCollection services) => services
        .AddSingleton(_ => KernelConnections.Open())
        .AddSingleton<SuspectQueue>()
        .AddSingleton<IRuleSetObserver>(provider => provider.GetRequiredService<SuspectQueue>())
        .AddHostedService<ConnectionCutter>();

    /// <summary>The limits of what pods send into bridges.</summary>
    public static IServiceCollection AddBridges(this IServiceCollection services) => services
        .AddSingleton<BridgeCoverage>()
        .AddSingleton<Func<BridgeSockets>>(BridgeSockets.Open)
        .AddSingleton<BridgeTrigger>()
        .AddSingleton<IRuleSetObserver>(provider => provider.GetRequiredService<BridgeTrigger>())
        .AddHostedService<BridgeGuard>();

    /// <summary>The stream of rules from a controller, and the readiness that depends on it.</summary>
    public static IServiceCollection AddSync(this IServiceCollection services) => services
        .AddSingleton<ControllerLink>()
        .AddSingleton<Readiness>()
        .AddHostedService<RuleFollower>()
        .AddHostedService<ReadinessReporter>();

    public static IServiceCollection AddInspection(this IServiceCollection services) => services
        .AddSingleton(provider => new Inspector(Options(provider).Node, provider.GetRequiredService<Enforcer>(), () => KernelTableView.Open(Renderer.TableName)))
        .AddHostedService<InspectionServer>();

    /// <summary>
    /// Flow records. They come after <see cref="AddSync"/>, so that they stop before it and the last records still go to the controller; the reader stops before the publisher.
    /// </summary>
    public static IServiceCollection AddFlowLogs(this IServiceCollection services) => services
        .AddSingleton<FlowMeter>()
        .AddSingleton<FlowQueue>()
        .AddSingleton<AddressNames>()
        .AddSingleton<ControllerSink>()
        .AddSingleton(provider => new LineSink(Console.OpenStandardOutput(), provider.GetRequiredService<FlowMeter>()))
        .AddSingleton(provider => new OtlpSink(Telemetry.LogsCollector(Options(provider)), Options(provider).Node, provider.GetRequiredService<FlowMeter>()))
        .AddSingleton(provider => new FileSink(
            Options(provider).FlowLogOutput, FileSink.MaxBytes, provider.GetRequiredService<FlowMeter>(), provider.GetRequiredService<ILogger<FileSink>>()))
        .AddSingleton<IEnumerable<IFlowSink>>(SelectSinks)
        .AddHostedService<FlowPublisher>()
        .AddHostedService<FlowReader>();

    /// <summary>The counters of verdicts as metrics, and the agent's own metrics.</summary>
    public static IServiceCollection AddAgentMetrics(this IServiceCollection services) => services
        .AddMetrics()
        .AddSingleton(provider => new CounterReader(KernelNftables.Open(TableFamily.Inet, provider.GetRequiredService<NftablesMetrics>()), provider.GetRequiredService<TimeProvider>()))
        .AddSingleton(provider => new VerdictCounts(
            provider.GetRequiredService<Enforcer>(), provider.GetRequiredService<CounterReader>(), Options(provider).MetricsLevel, Options(provider).MetricsSeries))
        .AddSingleton(provider => new VerdictMeter(provider.GetRequiredService<VerdictCounts>(), Options(provider).MetricsSeries))
        .AddSingleton<AgentMeter>()
        .AddHostedService<CounterKeeper>()
        .AddSingleton(provider => Telemetry.Start(
            Options(provider), "netpol-agent", Options(provider).Node, [AgentMetrics.MeterName, VerdictMeter.Name],
            metrics => metrics.AddView("netpol.verdict.*", new MetricStreamConfiguration { CardinalityLimit = VerdictMeter.PlacesFor(Options(provider).MetricsSeries) })));

    /// <summary>The counters of audits, for the controller.</summary>
    public static IServiceCollection AddNodeStats(this IServiceCollection services) => services
        .AddSingleton<AuditCounts>()
        .AddHostedService<TallyReporter>();

    private static AgentOptions Options(IServiceProvider services) => services.GetRequiredService<AgentOptions>();

    private static IFlowSink[] SelectSinks(IServiceProvider services)
    {
        IFlowSink controller = services.GetRequiredService<ControllerSink>();
        return Options(services).FlowLogOutput switch
        {
            AgentOptions.NoOutput => [controller],
            AgentOptions.StandardOutput => [controller, services.GetRequiredService<LineSink>()],
            AgentOptions.CollectorOutput => [controller, services.GetRequiredService<OtlpSink>()],
            _ => [controller, services.GetRequiredService<FileSink>()],
        };
    }
}
