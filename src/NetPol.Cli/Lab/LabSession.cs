using NetPol.Cli.Infrastructure;
using NetPol.Cli.Matrix;
using NetPol.Lab;
using NetPol.Lab.Probes;
using NetPol.Model;
using NetPol.Model.RuleSets;
using NetPol.Netlink;
using NetPol.Nftables.Kernel;
using NetPol.Rendering;

namespace NetPol.Cli.Lab;

/// <summary>A running lab with programmed rules. Converts errors of lab and kernel to <see cref="CommandException"/>s that say what is missing.</summary>
internal sealed class LabSession : IDisposable
{
    private readonly LabNetwork _network;

    private LabSession(LabNetwork network, int operations) => (_network, Operations) = (network, operations);

    /// <summary>The number of kernel operations that loaded the rules.</summary>
    public int Operations { get; }

    /// <summary>Canceled when another process asks for the removal of the lab.</summary>
    public CancellationToken StopRequested => _network.StopRequested;

    /// <summary>Checks first what the machine or the user's privileges lack.</summary>
    /// <exception cref="CommandException">Something is missing.</exception>
    public static void RequireSupport()
    {
        if (LabRequirements.Missing() is { } missing)
            throw new CommandException(missing);
    }

    public static LabSession Start(LabScenario plan, string name, CancellationToken cancel)
    {
        using var line = new ProgressLine();
        return WithLabErrors(() =>
        {
            var network = LabNetwork.Create(LabTopologyBuilder.Build(plan.Cluster, plan.Matrix), name, new LabProgressReporter(line), cancel);
            try
            {
                line.Show("loading rules");
                return new LabSession(network, LabRuleLoader.Apply(network, plan.RuleSets));
            }
            catch
            {
                network.Dispose();
                throw;
            }
        });
    }

    /// <summary>Replaces the rules. Returns the number of kernel operations.</summary>
    public int Apply(LabScenario plan) => WithLabErrors(() => LabRuleLoader.Apply(_network, plan.RuleSets));

    /// <summary>Tries the connections. Returns the observations in the order of the entries.</summary>
    public async Task<ReachabilityMatrix> ProbeAsync(IEnumerable<MatrixEntry> entries, CancellationToken cancel)
    {
        using var line = new ProgressLine();
        try
        {
            return await new Prober(_network).ProbeAsync([.. entries.Select(LabTopologyBuilder.ProbeOf)], null, new LabProgressReporter(line), cancel);
        }
        catch (LabException error)
        {
            throw new CommandException(error.Message);
        }
    }

    public void Dispose() => _network.Dispose();

    private static T WithLabErrors<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (LabException error)
        {
            throw new CommandException(error.Message);
        }
        catch (NetlinkException error)
        {
            throw new CommandException($"{error.Message}\nA lab needs a Linux kernel with network namespaces, veth and nf_tables (CONFIG_NF_TABLES_INET), and root.");
        }
    }
}

/// <summary>Shows the progress of the lab.</summary>
internal sealed class LabProgressReporter(ProgressLine line) : IProgress<LabProgress>
{
    public void Report(LabProgress value) => line.Show($"{value.Step} {value.Done}/{value.Total}");
}

/// <summary>Loads rule sets into the kernel, each in the network namespace of its node.</summary>
internal static class LabRuleLoader
{
    /// <summary>Replaces the rules of every node, atomically per node. Returns the number of kernel operations.</summary>
    public static int Apply(LabNetwork lab, ValueArray<NodeRuleSet> ruleSets)
    {
        var operations = 0;
        foreach (var rules in ruleSets)
        {
            var wanted = Renderer.Render(rules);
            operations += lab.Node(rules.Node).Run(() =>
            {
                using var kernel = KernelNftables.Open();
                var difference = TableDiff.Between(kernel.Read(wanted.Name), wanted);
                kernel.Commit(difference);
                return difference.Size;
            });
        }
        return operations;
    }
}
