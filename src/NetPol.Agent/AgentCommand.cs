using System.CommandLine;
using System.Globalization;
using NetPol.Agent.Enforcing;
using NetPol.Model.Policies;
using NetPol.Netlink;
using NetPol.Nftables;
using NetPol.Nftables.Kernel;
using NetPol.Rendering;
using NetPol.Hosting;

namespace NetPol.Agent;

/// <summary>The command line.</summary>
internal static class AgentCommand
{
    private const int WrongSettings = 2;
    private const uint MaxFlowLogRate = 1_000_000;

    private static readonly Option<string?> Node = Settings.Option("--node", "The name of this Node [the environment's NODE_NAME]", "NAME");
    private static readonly Option<string?> Controller = Settings.Option("--controller", "Where the controllers are [the Service netpol-controller, by the environment of a pod]", "HOST:PORT");
    private static readonly Option<string?> TlsName = Settings.Option("--tls-name", "The name in the controllers' certificate [netpol-controller.netpol-system.svc]", "NAME");
    private static readonly Option<string?> Authorities = Settings.Option("--ca-file", "The authorities to trust, PEM [/var/run/netpol/ca/ca.crt]", "FILE");
    private static readonly Option<string?> Token = Settings.Option("--token-file", "The service-account token [/var/run/netpol/token/token]", "FILE");
    private static readonly Option<string?> LocalPort = Settings.Option("--local-port", "The port of /healthz, /readyz, /state and /metrics (HTTP), on the loopback address [9445]", "PORT");
    private static readonly Option<string?> UnreadyAfter = Settings.Option("--unready-after", "Minutes without a controller until /readyz fails [10]", "MINUTES");

    private static readonly Option<string?> MetricsLevel = Settings.Option("--metrics-level", "What the labels of verdicts tell: tier, policy or rule [rule]", "LEVEL");
    private static readonly Option<string?> MetricsSeries = Settings.Option("--metrics-series", "The most series of verdicts that are told apart; the others are summed [2000]", "NUMBER");

    private static readonly Option<string?> UnlimitedBridgePorts = Settings.Option("--unlimited-bridge-ports", "Bridge ports that may send from any address, with commas between: veths that are uplinks, pods whose addresses the kernel does not have; a * at the end stands for any rest [none]", "NAMES");

    private static readonly Option<string?> FlowLogs = Settings.Option("--flow-logs", "Of which connections there are flow records, besides those that annotations ask for: none, denied or all [none]", "WHICH");
    private static readonly Option<string?> FlowLogOutput = Settings.Option("--flow-log-output", "Where flow records go, besides the controller: stdout, none, otlp (the collector of --otlp-endpoint), or a file, to which JSON lines are appended [stdout]", "WHERE");
    private static readonly Option<string?> FlowLogRate = Settings.Option("--flow-log-rate", $"Packets of one decision that are recorded in a second; five times as many at once [{FlowLogSettings.Default.PerSecond}]", "NUMBER");

    public static RootCommand Create(Func<AgentOptions, (LogLevel Level, bool Json), CancellationToken, Task> run)
    {
        var root = new RootCommand("Enforces network policies on this node: takes flat rules from a NetPol controller and keeps them in nftables. When it stops the rules stay.");
        foreach (var option in (Option<string?>[])
            [
                Settings.Config, Node, Controller, TlsName, Authorities, Token, LocalPort, UnlimitedBridgePorts, UnreadyAfter, Settings.MetricsPort, MetricsLevel, MetricsSeries, Settings.OtlpEndpoint,
                FlowLogs, FlowLogOutput, FlowLogRate, Settings.LogFormat, Settings.LogLevel,
            ])
            root.Options.Add(option);
        root.SetAction((parsed, cancel) => GuardAsync(async () =>
        {
            var settings = new Settings(parsed);
            await run(Read(settings), (settings.Level, settings.JsonLogs), cancel);
        }));
        var cleanup = new Command("cleanup", "Remove everything that NetPol put into this node's kernel. Nothing is enforced afterwards.");
        cleanup.SetAction((_, _) => GuardAsync(() =>
        {
            using var kernel = KernelNftables.Open();
            Console.WriteLine(Cleanup.Remove(kernel) ? "removed table inet netpol" : "there is no table inet netpol");
            using var bridges = KernelNftables.Open(TableFamily.Bridge);
            Console.WriteLine(Cleanup.Remove(bridges) ? "removed table bridge netpol" : "there is no table bridge netpol");
            return Task.CompletedTask;
        }));
        root.Subcommands.Add(cleanup);
        return root;
    }

    private static AgentOptions Read(Settings settings)
    {
        var defaults = new AgentOptions { Node = "", Controller = "" };
        return new()
        {
            Node = settings.Text(Node) ?? Environment.GetEnvironmentVariable("NODE_NAME")
                ?? throw new FormatException("--node: it is missing: write the name of this node, or set NODE_NAME"),
            Controller = settings.Text(Controller) ?? ServiceAddress(Environment.GetEnvironmentVariable) ?? throw new FormatException("--controller: it is missing: write HOST:PORT"),
            TlsName = settings.Text(TlsName) ?? defaults.TlsName,
            AuthoritiesFile = settings.Text(Authorities) ?? defaults.AuthoritiesFile,
            TokenFile = settings.Text(Token) ?? defaults.TokenFile,
            LocalPort = settings.Port(LocalPort, defaults.LocalPort),
            UnlimitedBridgePorts = settings.Text(UnlimitedBridgePorts)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [],
            UnreadyAfter = TimeSpan.FromMinutes(settings.Count(UnreadyAfter, (int)defaults.UnreadyAfter.TotalMinutes)),
            FlowLogs = ReadFlowLogs(settings, defaults.FlowLogs),
            FlowLogOutput = settings.Text(FlowLogOutput) ?? defaults.FlowLogOutput,
            Metrics = settings.Metrics,
            MetricsLevel = settings.Word(MetricsLevel, defaults.MetricsLevel),
            MaxSeries = settings.Count(MetricsSeries, defaults.MaxSeries),
        };
    }

    private static FlowLogSettings ReadFlowLogs(Settings settings, FlowLogSettings defaults)
    {
        var always = settings.Text(FlowLogs) switch
        {
            null => defaults.Always,
            "none" => FlowLogging.None,
            "denied" => FlowLogging.Denied,
            "all" => FlowLogging.All,
            var other => throw new FormatException($"--flow-logs: \"{other}\" is none of none, denied and all"),
        };
        if (settings.Text(FlowLogRate) is not { } text)
            return defaults with { Always = always };
        return uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var rate) && rate is > 0 and <= MaxFlowLogRate
            ? defaults with { Always = always, PerSecond = rate, Burst = 5 * rate }
            : throw new FormatException($"--flow-log-rate: \"{text}\" is not a rate: write a number from 1 to {MaxFlowLogRate}");
    }

    /// <summary>Where the Service netpol-controller is, as the kubelet tells a pod: a node's resolver often cannot resolve the names of Services.</summary>
    /// <param name="variable">Reads an environment variable; null when it is not set.</param>
    /// <returns>HOST:PORT, or null without the Service. The port is the one named stream: another port of the Service may come first.</returns>
    internal static string? ServiceAddress(Func<string, string?> variable)
    {
        var port = variable("NETPOL_CONTROLLER_SERVICE_PORT_STREAM") ?? variable("NETPOL_CONTROLLER_SERVICE_PORT");
        if (variable("NETPOL_CONTROLLER_SERVICE_HOST") is not { Length: > 0 } host || string.IsNullOrEmpty(port))
            return null;
        return host.Contains(':', StringComparison.Ordinal) ? $"[{host}]:{port}" : $"{host}:{port}";
    }

    private static async Task<int> GuardAsync(Func<Task> action)
    {
        try
        {
            await action();
            return 0;
        }
        catch (FormatException error)
        {
            await Console.Error.WriteLineAsync($"netpol-agent: {error.Message}");
            return WrongSettings;
        }
        catch (NetlinkException error)
        {
            await Console.Error.WriteLineAsync($"netpol-agent: {error.Message}: it needs a Linux kernel with nf_tables (CONFIG_NF_TABLES_INET) and CAP_NET_ADMIN in the node's network namespace.");
            return 1;
        }
    }
}
