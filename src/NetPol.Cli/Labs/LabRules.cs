using NetPol.Lab;
using NetPol.Model;
using NetPol.Model.Rules;
using NetPol.Nftables.Kernel;
using NetPol.Rendering;

namespace NetPol.Cli.Labs;

/// <summary>Puts rule sets into the kernel, each in the network namespace of its node.</summary>
internal static class LabRules
{
    /// <summary>Brings every node from the rules that it has to these, at one instant a node. Returns the number of kernel operations.</summary>
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
