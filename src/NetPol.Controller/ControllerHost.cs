using System.CommandLine;
using NetPol.Controller.Access;
using NetPol.Controller.Dashboard;
using NetPol.Controller.FlowLogs;
using NetPol.Controller.Health;
using NetPol.Controller.Infrastructure;
using NetPol.Controller.NodeInspection;
using NetPol.Controller.Stats;
using NetPol.Controller.Sync;
using NetPol.Hosting;
using OpenTelemetry.Metrics;

namespace NetPol.Controller;

/// <summary>Puts the parts together and runs them.</summary>
internal static class ControllerHost
{
    public static async Task RunAsync(IConfiguration configuration, CancellationToken cancel)
    {
        await using var app = Build(configuration);
        await app.RunDaemonAsync(cancel);
    }

    /// <param name="configuration">The settings, each by the name of its property.</param>
    /// <param name="configure">Adds services that override the controller's.</param>
    public static WebApplication Build(IConfiguration configuration, Action<IServiceCollection>? configure = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Logging.AddDaemonLogging<ControllerOptions>();
        builder.Services
            .AddSettings(configuration)
            .AddKubernetes()
            .AddSecurity()
            .AddLeadership()
            .AddRuleSets()
            .AddStatus()
            .AddAgentCalls()
            .AddDashboard()
            .AddControllerMetrics();
        builder.Services.AddRoutingCore();
        configure?.Invoke(builder.Services);
        builder.WebHost.UseKestrelCore();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(KestrelConfiguration.Configure);
        var app = builder.Build();
        var options = app.Services.GetRequiredService<ControllerOptions>();
        // First, so that metrics have everything from the start.
        Telemetry.MapMetrics(app, app.Services.GetRequiredService<MeterProvider>(), options);
        app.Services.GetRequiredService<ControllerGauges>();
        MapPorts(app, options);
        return app;
    }

    /// <summary>Maps each local port to its endpoints. The Host header is not used, because the caller chooses it. Other paths get 404.</summary>
    private static void MapPorts(WebApplication app, ControllerOptions options)
    {
        var check = app.Services.GetRequiredService<CallAuthorization>();
        OnPort(options.LocalPort, local => local.UseRouting().UseEndpoints(HealthEndpoints.Map));
        if (options.DashboardPort is { } page)
            OnPort(page, people => people.Use(check.AuthorizeDashboardAsync).Use(SecurityHeaders.Add).UseRouting().UseEndpoints(DashboardEndpoints.Map));
        OnPort(options.Port, agents => agents.Use(check.AuthorizeCallAsync).UseRouting().UseEndpoints(calls =>
        {
            calls.MapGrpcService<NodeRulesService>();
            calls.MapGrpcService<FlowRecordsService>();
            calls.MapGrpcService<InspectionsService>();
            calls.MapGrpcService<NodeStatsService>();
        }));

        void OnPort(int port, Action<IApplicationBuilder> serve) => app.MapWhen(request => request.Connection.LocalPort == port, serve);
    }
}

/// <summary>The command line.</summary>
internal static class ControllerCommand
{
    public static RootCommand Create() => DaemonCommand.Create(
        "Watches a cluster, compiles its network policies, and sends every node's agent the rules of its node.",
        ControllerOptions.Settings, () => [], configuration => configuration.Bind(new ControllerOptions()), ControllerHost.RunAsync);
}
