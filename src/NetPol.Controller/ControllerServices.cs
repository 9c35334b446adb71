using k8s;
using Microsoft.Extensions.Options;
using NetPol.Controller.Access;
using NetPol.Controller.Dashboard;
using NetPol.Controller.FlowLogs;
using NetPol.Controller.Infrastructure;
using NetPol.Controller.Leadership;
using NetPol.Controller.Metrics;
using NetPol.Controller.NodeInspection;
using NetPol.Controller.RuleSets;
using NetPol.Controller.Security;
using NetPol.Controller.Stats;
using NetPol.Controller.Status;
using NetPol.Controller.Sync;
using NetPol.Controller.Watch;
using NetPol.Hosting;
using NetPol.Kubernetes.Client;
using NetPol.Kubernetes.Watch;

namespace NetPol.Controller;

/// <summary>Registers the services of the controller, by feature. Hosted services start in the order of the calls and stop in the opposite order.</summary>
internal static class ControllerServices
{
    public static IServiceCollection AddSettings(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<ControllerOptions>().Bind(configuration).ValidateOnStart();
        return services
            .AddSingleton<IValidateOptions<ControllerOptions>, ControllerOptionsValidator>()
            .AddSingleton(provider => provider.GetRequiredService<IOptions<ControllerOptions>>().Value)
            .AddSingleton(provider => provider.GetRequiredService<ControllerOptions>().CreateBudget())
            .AddSingleton(TimeProvider.System);
    }

    /// <summary>Clients of the API server.</summary>
    public static IServiceCollection AddKubernetes(this IServiceCollection services) => services
        .AddSingleton(provider => CreateClientConfiguration(provider.GetRequiredService<ControllerOptions>()))
        .AddSingleton<IKubernetes>(provider => new k8s.Kubernetes(provider.GetRequiredService<KubernetesClientConfiguration>()))
        .AddSingleton(provider => new KubernetesApi(provider.GetRequiredService<KubernetesClientConfiguration>()))
        .AddSingleton(CreateWatcher);

    /// <summary>Certificates, tokens, and the limits of callers.</summary>
    public static IServiceCollection AddSecurity(this IServiceCollection services) => services
        .AddSingleton<TokenAuthenticator>()
        .AddSingleton<ConnectionCallers>()
        .AddSingleton<AccessMetrics>()
        .AddSingleton<CallAuthorization>()
        .AddWorker<CertificateManager>();

    public static IServiceCollection AddLeadership(this IServiceCollection services) => services.AddWorker<LeaderElectionService>();

    /// <summary>The way from the cluster to the rules of each node.</summary>
    public static IServiceCollection AddRuleSets(this IServiceCollection services) => services
        .AddSingleton<RuleSetStore>()
        .AddSingleton(provider => new ClusterInventory(() => provider.GetRequiredService<ClusterWatcher>().States))
        .AddSingleton<IpCache>()
        .AddWorker<NodeAddressSync>()
        .AddWorker<SourceGrantFile>()
        .AddWorker<ClusterSync>();

    /// <summary>Conditions and events of policies, and the reports of replicas.</summary>
    public static IServiceCollection AddStatus(this IServiceCollection services) => services
        .AddSingleton<ReplicaReportStore>()
        .AddWorker<StatusWriter>();

    /// <summary>The calls of agents and observers. No message is unzipped, and each is only as large as its service needs; <see cref="CallRules"/> limits the single calls.</summary>
    public static IServiceCollection AddAgentCalls(this IServiceCollection services)
    {
        services
            .AddSingleton<AgentRegistry>()
            .AddSingleton<FlowRelay>()
            .AddSingleton<InspectionBroker>()
            .AddGrpc(grpc =>
            {
                grpc.CompressionProviders = [];
                grpc.MaxReceiveMessageSize = CallRules.MaxAgentMessageBytes;
            })
            .AddServiceOptions<FlowRecordsService>(flows => flows.MaxReceiveMessageSize = CallRules.MaxFlowBytes)
            .AddServiceOptions<InspectionsService>(inspections => inspections.MaxReceiveMessageSize = CallRules.MaxAnswerBytes)
            .AddServiceOptions<NodeStatsService>(nodeStats => nodeStats.MaxReceiveMessageSize = CallRules.MaxNodeStatsBytes);
        return services;
    }

    public static IServiceCollection AddDashboard(this IServiceCollection services) => services
        .AddSingleton<ReachabilityMatrix>()
        .AddSingleton<OtherReplicas>()
        .AddSingleton<NodeList>()
        .AddSingleton<DenialList>()
        .AddSingleton<DashboardDocument>();

    public static IServiceCollection AddControllerMetrics(this IServiceCollection services) => services
        .AddMetrics()
        .AddSingleton<ControllerGauges>()
        .AddSingleton<ControllerMetrics>()
        .AddSingleton(provider =>
        {
            var options = provider.GetRequiredService<ControllerOptions>();
            return Telemetry.StartMetrics(options, "netpol-controller", options.Name, [ControllerMetrics.MeterName]);
        });

    private static ClusterWatcher CreateWatcher(IServiceProvider services)
    {
        var meter = services.GetRequiredService<ControllerMetrics>();
        var log = services.GetRequiredService<ILogger<ClusterWatcher>>();
        return new(services.GetRequiredService<KubernetesApi>(), services.GetRequiredService<TimeProvider>(), Failed, Unread);

        void Failed(string kind, Exception error)
        {
            meter.CountWatchFailure(kind);
            Log.Retrying(log, $"the watch of {kind}", error.Message);
        }

        void Unread(string kind, Model.ValueArray<string> versions)
        {
            if (versions.IsEmpty)
                Log.VersionSupportedAgain(log, kind);
            else
                Log.VersionUnsupported(log, UnsupportedVersions.Describe(kind, versions));
        }
    }

    /// <exception cref="ConfigurationException">There is no cluster to reach.</exception>
    private static KubernetesClientConfiguration CreateClientConfiguration(ControllerOptions options)
    {
        try
        {
            if (options.Kubeconfig is { } file)
                return KubeconfigReader.Read($"--kubeconfig {file}", () => KubernetesClientConfiguration.BuildConfigFromConfigFile(file));
            return KubernetesClientConfiguration.IsInCluster()
                ? KubeconfigReader.Read("the pod's service account", KubernetesClientConfiguration.InClusterConfig)
                : throw new ConfigurationException("there is no cluster: run it in a pod with a service account, or name a kubeconfig with --kubeconfig");
        }
        catch (FormatException error)
        {
            throw new ConfigurationException(error.Message, error);
        }
    }

    private static IServiceCollection AddWorker<T>(this IServiceCollection services)
        where T : class, IHostedService => services
        .AddSingleton<T>()
        .AddHostedService(provider => provider.GetRequiredService<T>());
}
