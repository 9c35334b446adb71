using System.CommandLine;
using NetPol.Agent.Enforcing;
using NetPol.Hosting;
using NetPol.Netlink;
using NetPol.Nftables;
using NetPol.Nftables.Kernel;

namespace NetPol.Agent;

/// <summary>The command line.</summary>
internal static class AgentCommand
{
    public static RootCommand Create()
    {
        var root = DaemonCommand.Create(
            "Enforces network policies on this node: takes flat rules from a NetPol controller and keeps them in nftables. When it stops the rules stay.",
            AgentOptions.Settings, Defaults, configuration => configuration.Bind(new AgentOptions()),
            (configuration, cancel) => WithKernelAsync(() => AgentHost.RunAsync(configuration, cancel)));
        var cleanup = new Command("cleanup", "Remove everything that NetPol put into this node's kernel. Nothing is enforced afterwards.");
        cleanup.SetAction((_, _) => WithKernelAsync(() =>
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

    /// <summary>What the environment of a pod says of the node and the controllers.</summary>
    private static IEnumerable<KeyValuePair<string, string?>> Defaults()
    {
        if (Environment.GetEnvironmentVariable("NODE_NAME") is { } node)
            yield return new("node", node);
        if (ServiceAddress(Environment.GetEnvironmentVariable) is { } controller)
            yield return new("controller", controller);
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
