using k8s;
using NetPol.Controller.Access;
using NetPol.Controller.Flows;
using NetPol.Controller.Inspecting;
using NetPol.Controller.Leading;
using NetPol.Controller.Metrics;
using NetPol.Controller.Pages;
using NetPol.Controller.Rules;
using NetPol.Controller.State;
using NetPol.Controller.Status;
using NetPol.Controller.Streaming;
using NetPol.Controller.Tallying;
using NetPol.Controller.Trust;
using NetPol.Controller.Watching;
using NetPol.Hosting;
using NetPol.Kubernetes.Client;
using OpenTelemetry.Metrics;

namespace NetPol.Controller;

/// <summary>Puts the parts together and runs them.</summary>
internal static class ControllerHost
{
    public static async Task RunAsync(ControllerOptions options, CancellationToken cancel)
    {
        await using var app = Build(options);
        await app.StartAsync(cancel);
        await app.WaitForShutdownAsync(cancel);
    }

    /// <param name="options">What is set.</param>
    /// <param name="configure">Adds services that go before ours.</param>
    public static WebApplication Build(ControllerOptions options, Action<IServiceCollection>? configure = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        Settings.Configure(builder.Logging, options.LogLevel, options.JsonLogs);
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(options.Budget);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<IKubernetes>(_ => new k8s.Kubernetes(Configuration(options)));
        builder.Services.AddSingleton(_ => Configuration(options));
        builder.Services.AddMetrics();
        builder.Services.AddSingleton(_ => Telemetry.Start(options.Metrics, "netpol-controller", options.Name, [ControllerMeter.Name]));
        builder.Services.AddSingleton<ControllerMeter>();
        builder.Services.AddSingleton<WorkMeter>();
        builder.Services.AddSingleton<RuleBook>();
        builder.Services.AddSingleton<ClusterInventory>();
        builder.Services.AddSingleton<AgentRegistry>();
        builder.Services.AddSingleton<ReplicaReports>();
        builder.Services.AddSingleton<AgentAuthenticator>();
        builder.Services.AddSingleton<ConnectionCallers>();
        builder.Services.AddSingleton<AccessMeter>();
        builder.Services.AddSingleton<CallerCheck>();
        builder.Services.AddSingleton<AddressBook>();
        builder.Services.AddSingleton<FlowHub>();
        builder.Services.AddSingleton<InspectionDesk>();
        builder.Services.AddSingleton<ReachMap>();
        builder.Services.AddSingleton<OtherReplicas>();
        builder.Services.AddSingleton<NodeList>();
        builder.Services.AddSingleton<DenialList>();
        builder.Services.AddSingleton<PageDocument>();
        AddWorker<CertificateKeeper>(builder.Services);
        AddWorker<Leadership>(builder.Services);
        AddWorker<ReportedAddresses>(builder.Services);
        AddWorker<SourceGrantWatch>(builder.Services);
        AddWorker<ClusterFollower>(builder.Services);
        AddWorker<StatusWriter>(builder.Services);
        AddCalls(builder.Services);
        builder.Services.AddRoutingCore();
        configure?.Invoke(builder.Services);
        builder.WebHost.UseKestrelCore();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel((_, kestrel) => Listening.Configure(kestrel, options));
        var app = builder.Build();
        // First, so that it hears of everything from the start.
        Telemetry.Answer(app, app.Services.GetRequiredService<MeterProvider>(), options.LocalPort, options.Metrics);
        app.Services.GetRequiredService<ControllerMeter>();
        Answer(app, options);
        return app;
    }

    /// <summary>Maps each port to what it serves, by the port that answers: the host that a request names is the caller's choice. What a port does not serve is 404 there.</summary>
    private static void Answer(WebApplication app, ControllerOptions options)
    {
        var check = app.Services.GetRequiredService<CallerCheck>();
        OnPort(options.LocalPort, local => local.UseRouting().UseEndpoints(LocalEndpoints.Map));
        if (options.PagePort is { } page)
            OnPort(page, people => people.Use(check.ServePageAsync).Use(PageHeaders.Add).UseRouting().UseEndpoints(PageEndpoints.Map));
        OnPort(options.Port, agents => agents.Use(check.ServeCallAsync).UseRouting().UseEndpoints(calls =>
        {
            calls.MapGrpcService<NodeRulesService>();
            calls.MapGrpcService<FlowRecordsService>();
            calls.MapGrpcService<InspectionsService>();
            calls.MapGrpcService<TalliesService>();
        }));

        void OnPort(int port, Action<IApplicationBuilder> serve) => app.MapWhen(request => request.Connection.LocalPort == port, serve);
    }

    /// <summary>No message is unzipped, and each is only as large as its service needs; <see cref="CallRules"/> limits the single calls.</summary>
    private static void AddCalls(IServiceCollection services)
    {
        services.AddGrpc(grpc =>
        {
            grpc.CompressionProviders = [];
            grpc.MaxReceiveMessageSize = CallRules.MostReportBytes;
        })
            .AddServiceOptions<FlowRecordsService>(flows => flows.MaxReceiveMessageSize = CallRules.MostFlowBytes)
            .AddServiceOptions<InspectionsService>(inspections => inspections.MaxReceiveMessageSize = CallRules.MostAnswerBytes)
            .AddServiceOptions<TalliesService>(tallies => tallies.MaxReceiveMessageSize = CallRules.MostTallyBytes);
    }

    /// <exception cref="FormatException">There is no cluster to reach.</exception>
    private static KubernetesClientConfiguration Configuration(ControllerOptions options)
    {
        if (options.Kubeconfig is { } file)
            return Kubeconfig.Read($"--kubeconfig {file}", () => KubernetesClientConfiguration.BuildConfigFromConfigFile(file));
        return KubernetesClientConfiguration.IsInCluster()
            ? Kubeconfig.Read("the pod's service account", KubernetesClientConfiguration.InClusterConfig)
            : throw new FormatException("there is no cluster: run it in a pod with a service account, or name a kubeconfig with --kubeconfig");
    }

    private static void AddWorker<T>(IServiceCollection services)
        where T : class, IHostedService
    {
        services.AddSingleton<T>();
        services.AddHostedService(provider => provider.GetRequiredService<T>());
    }
}
