using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using NetPol.Agent.Counting;
using NetPol.Agent.Enforcing;
using NetPol.Agent.Flows;
using NetPol.Agent.Health;
using NetPol.Agent.Streaming;
using NetPol.Nftables;
using NetPol.Nftables.Kernel;
using NetPol.Rendering;
using NetPol.Shared;

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
        builder.Services.AddSingleton(_ => KernelNftables.Open());
        builder.Services.AddSingleton<INftables>(services => services.GetRequiredService<KernelNftables>());
        builder.Services.AddSingleton(services => services.GetRequiredService<KernelNftables>().Watch(Renderer.TableName));
        builder.Services.AddSingleton<AgentState>();
        builder.Services.AddSingleton(services => new Enforcer(
            options.Node, services.GetRequiredService<INftables>(), services.GetRequiredService<AgentState>(), services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<ILogger<Enforcer>>())
        {
            Logs = options.FlowLogs,
        });
        builder.Services.AddSingleton<ControllerLink>();
        AddFlows(builder.Services, options);
        builder.Services.AddHostedService<DriftGuard>();
        builder.Services.AddHostedService<RuleFollower>();
        builder.Services.AddHostedService<CounterKeeper>();
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, options.LocalPort, listen => listen.Protocols = HttpProtocols.Http1));
        await using var app = builder.Build();
        app.UseRouting().UseEndpoints(LocalEndpoints.Map);
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
            services.AddSingleton<IFlowSink, LineSink>();
        else if (!string.Equals(options.FlowLogOutput, AgentOptions.NoOutput, StringComparison.Ordinal))
            services.AddSingleton<IFlowSink>(provider => new FileSink(options.FlowLogOutput, FileSink.MaxBytes, provider.GetRequiredService<FlowMeter>(), provider.GetRequiredService<ILogger<FileSink>>()));
        services.AddHostedService<FlowReader>();
        services.AddHostedService<FlowPublisher>();
    }
}
