using System.Net;
using System.Security.Authentication;
using k8s;
using Microsoft.AspNetCore.Server.Kestrel.Core;
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
using NetPol.Shared;
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
        AddWorker<ClusterFollower>(builder.Services);
        AddWorker<StatusWriter>(builder.Services);
        builder.Services.AddGrpc();
        builder.Services.AddRoutingCore();
        configure?.Invoke(builder.Services);
        builder.WebHost.UseKestrelCore();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel((_, kestrel) => Listen(kestrel, options));
        var app = builder.Build();
        // First, so that it hears of everything from the start.
        Telemetry.Answer(app, app.Services.GetRequiredService<MeterProvider>(), options.LocalPort, options.Metrics);
        app.Services.GetRequiredService<ControllerMeter>();
        // By the port that answers: the host that a request names is the caller's choice.
        app.MapWhen(request => request.Connection.LocalPort == options.LocalPort, local => local.UseRouting().UseEndpoints(LocalEndpoints.Map));
        if (options.PagePort is { } page)
            app.MapWhen(request => request.Connection.LocalPort == page, people => people.Use(PageHeaders.Add).UseRouting().UseEndpoints(PageEndpoints.Map));
        app.MapGrpcService<NodeRulesService>();
        app.MapGrpcService<FlowRecordsService>();
        app.MapGrpcService<InspectionsService>();
        app.MapGrpcService<TalliesService>();
        return app;
    }

    private static void Listen(KestrelServerOptions kestrel, ControllerOptions options)
    {
        var keeper = kestrel.ApplicationServices.GetRequiredService<CertificateKeeper>();
        // A node that is cut off is noticed within half a minute.
        kestrel.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(10);
        kestrel.Limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(10);
        // A stream is silent for hours when nothing changes.
        kestrel.Limits.MinRequestBodyDataRate = null;
        kestrel.Limits.MinResponseDataRate = null;
        kestrel.ListenAnyIP(options.Port, listen => ListenSafely(listen, HttpProtocols.Http2));
        if (options.PagePort is { } page)
            kestrel.ListenAnyIP(page, listen => ListenSafely(listen, HttpProtocols.Http1AndHttp2));
        kestrel.Listen(IPAddress.Loopback, options.LocalPort, listen => listen.Protocols = HttpProtocols.Http1);
        if (options.Metrics.Port is { } port)
            kestrel.ListenAnyIP(port, listen => listen.Protocols = HttpProtocols.Http1);

        void ListenSafely(ListenOptions listen, HttpProtocols protocols)
        {
            listen.Protocols = protocols;
            listen.UseHttps(https =>
            {
                https.SslProtocols = SslProtocols.Tls13;
                https.ServerCertificateSelector = (_, _) => keeper.Server;
            });
        }
    }

    private static KubernetesClientConfiguration Configuration(ControllerOptions options) => options.Kubeconfig is { } file
        ? KubernetesClientConfiguration.BuildConfigFromConfigFile(file)
        : KubernetesClientConfiguration.InClusterConfig();

    private static void AddWorker<T>(IServiceCollection services)
        where T : class, IHostedService
    {
        services.AddSingleton<T>();
        services.AddHostedService(provider => provider.GetRequiredService<T>());
    }
}
