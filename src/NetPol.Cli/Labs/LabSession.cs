using NetPol.Cli.Matrices;
using NetPol.Cli.Output;
using NetPol.Lab;
using NetPol.Lab.Probing;
using NetPol.Netlink;

namespace NetPol.Cli.Labs;

/// <summary>A lab with rules in force. Errors of lab and kernel come out as <see cref="CommandException"/>s that say what is missing.</summary>
internal sealed class LabSession : IDisposable
{
    private readonly LabNetwork _network;

    private LabSession(LabNetwork network, int operations) => (_network, Operations) = (network, operations);

    /// <summary>How many kernel operations loaded the rules.</summary>
    public int Operations { get; }

    /// <summary>Cancelled when another process asked for the lab to be taken down.</summary>
    public CancellationToken StopRequested => _network.StopRequested;

    /// <summary>Says what this machine or person lacks before anything is done.</summary>
    /// <exception cref="CommandException">Something is missing.</exception>
    public static void RequireSupport()
    {
        if (LabSupport.Missing() is { } missing)
            throw new CommandException(missing);
    }

    public static LabSession Start(LabPlan plan, string name, CancellationToken cancel)
    {
        using var line = new ProgressLine();
        return Guard(() =>
        {
            var network = LabNetwork.Create(LabTopologies.Of(plan.World, plan.Matrix), name, new LabProgressLine(line), cancel);
            try
            {
                line.Show("loading rules");
                return new LabSession(network, LabRules.Apply(network, plan.RuleSets));
            }
            catch
            {
                network.Dispose();
                throw;
            }
        });
    }

    /// <summary>Takes these rules instead; returns the number of kernel operations.</summary>
    public int Apply(LabPlan plan) => Guard(() => LabRules.Apply(_network, plan.RuleSets));

    /// <summary>Tries the connections; the observations are in the order of the entries.</summary>
    public async Task<ReachabilityMatrix> ProbeAsync(IEnumerable<MatrixEntry> entries, CancellationToken cancel)
    {
        using var line = new ProgressLine();
        try
        {
            return await new Prober(_network).ProbeAsync([.. entries.Select(LabTopologies.ProbeOf)], null, new LabProgressLine(line), cancel);
        }
        catch (LabException error)
        {
            throw new CommandException(error.Message);
        }
    }

    public void Dispose() => _network.Dispose();

    private static T Guard<T>(Func<T> action)
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
