using NetPol.Controller.Access;
using NetPol.Controller.Flows;
using NetPol.Controller.Inspecting;
using NetPol.Controller.Metrics;
using NetPol.Controller.Pages;
using NetPol.Controller.State;
using NetPol.Controller.Streaming;
using NetPol.Controller.Tallying;
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
        builder.WebHost.ConfigureKestrel(Listening.Configure);
        var app = builder.Build();
        var options = app.Services.GetRequiredService<ControllerOptions>();
        // First, so that it hears of everything from the start.
        Telemetry.Answer(app, app.Services.GetRequiredService<MeterProvider>(), options);
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
}
