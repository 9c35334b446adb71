using System.CommandLine;
using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using NetPol.Agent.Dataplane;
using NetPol.Agent.Health;
using NetPol.Agent.Infrastructure;
using NetPol.Agent.Metrics;
using NetPol.Hosting;
using NetPol.Netlink;
using NetPol.Nftables;
using NetPol.Nftables.Kernel;
using OpenTelemetry.Metrics;

namespace NetPol.Agent;

/// <summary>Builds the agent's host and runs it.</summary>
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
        // The meter provider must exist before the first measurement.
        Telemetry.MapMetrics(app, app.Services.GetRequiredService<MeterProvider>(), options);
        app.Services.GetRequiredService<AgentGauges>();
        app.MapWhen(request => request.Connection.LocalPort == options.LocalPort, local => local.UseRouting().UseEndpoints(HealthEndpoints.Map));
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
        var (log, time) = (services.GetRequiredService<ILogger<ConnectionLimiter>>(), services.GetRequiredService<TimeProvider>());
        var refusals = new RefusalLog((count, address, reason) => Log.ConnectionsRefused(log, port, count, address, reason), time);
        var guard = new ConnectionLimiter(ConnectionLimits.Anonymous, _ => false, refusals.Add, time);
        kestrel.ListenAnyIP(port, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            listen.Use(guard.UseLimits);
        });
    }
}

/// <summary>The command line.</summary>
internal static class AgentCommand
{
    public static RootCommand Create()
    {
        var root = DaemonCommand.Create(
            "Enforces network policies on this node: receives rules from a NetPol controller and programs them as nftables. The rules stay in place when the agent stops.",
            AgentOptions.Settings, Defaults, configuration => configuration.Bind(new AgentOptions()),
            (configuration, cancel) => WithKernelAsync(() => AgentHost.RunAsync(configuration, cancel)));
        var cleanup = new Command("cleanup", "Remove everything that NetPol put into this node's kernel. Nothing is enforced afterwards.");
        cleanup.SetAction((_, _) => WithKernelAsync(() =>
        {
            using var kernel = KernelNftables.Open();
            Console.WriteLine(TableRemoval.Remove(kernel) ? "removed table inet netpol" : "there is no table inet netpol");
            using var bridges = KernelNftables.Open(TableFamily.Bridge);
            Console.WriteLine(TableRemoval.Remove(bridges) ? "removed table bridge netpol" : "there is no table bridge netpol");
            return Task.CompletedTask;
        }));
        root.Subcommands.Add(cleanup);
        return root;
    }

    /// <summary>Settings from the pod's environment: the node's name and the address of the controllers.</summary>
    private static IEnumerable<KeyValuePair<string, string?>> Defaults()
    {
        if (Environment.GetEnvironmentVariable("NODE_NAME") is { } node)
            yield return new("node", node);
        if (ServiceAddress(Environment.GetEnvironmentVariable) is { } controller)
            yield return new("controller", controller);
    }

    /// <summary>The address of the Service netpol-controller, from the variables that the kubelet sets in a pod. A node's resolver often cannot resolve the names of Services.</summary>
    /// <param name="variable">Reads an environment variable; null when it is not set.</param>
    /// <returns>HOST:PORT; null if the variables are not set. The port is the one named stream, because another port of the Service may come first.</returns>
    internal static string? ServiceAddress(Func<string, string?> variable)
    {
        var port = variable("NETPOL_CONTROLLER_SERVICE_PORT_STREAM") ?? variable("NETPOL_CONTROLLER_SERVICE_PORT");
        if (variable("NETPOL_CONTROLLER_SERVICE_HOST") is not { Length: > 0 } host || string.IsNullOrEmpty(port))
            return null;
        return host.Contains(':', StringComparison.Ordinal) ? $"[{host}]:{port}" : $"{host}:{port}";
    }

    /// <exception cref="DaemonException">The kernel is not usable.</exception>
    private static async Task WithKernelAsync(Func<Task> action)
    {
        try
        {
            await action();
        }
        catch (NetlinkException error)
        {
            throw new DaemonException($"{error.Message}: it needs a Linux kernel with nf_tables (CONFIG_NF_TABLES_INET) and CAP_NET_ADMIN in the node's network namespace.", error);
        }
    }
}
