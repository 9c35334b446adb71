using NetPol.Model;
using NetPol.Model.Rules;

namespace NetPol.Rendering;

/// <summary>How much the rules have in the kernel.</summary>
/// <param name="Chains">Base chains among them.</param>
/// <param name="Sets">Sets and maps.</param>
/// <param name="Elements">Of all sets and maps; an interval is one.</param>
public readonly record struct TableSize(int Chains, int Sets, int Elements)
{
    private static readonly TableSize Skeleton = Of(Renderer.Render(NodeRuleSet.EmptyFor("")));

    /// <summary>The size of what <see cref="Renderer.Render(NodeRuleSet, FlowLogSettings, HostNetwork)"/> makes, without making it.</summary>
    public static TableSize Of(NodeRuleSet rules)
    {
        var size = Skeleton.And(rules.Decisions.Count, 0, rules.AllNodeAddresses.Count + rules.PodNetworks.Count + (2 * rules.KnownPods.Count));
        foreach (var profile in rules.Profiles)
            size = size.And(1, profile.Cells.Select(KindOf).Distinct().Count(), profile.Cells.Count);
        foreach (var hook in Enum.GetValues<Hook>())
        {
            var own = rules.Rules(hook);
            // A class has a map and a chain in either family; a subject is in a set and a map.
            size = size.And(2 * own.Classes.Count, 2 * own.Classes.Count, (2 * own.Rest.Count) + own.Self.Count + own.Peers.Count + own.Networks.Count + own.Cells.Count);
        }
        return size;
    }

    private static TableSize Of(Nftables.TableState table) => new(table.Chains.Count, table.Sets.Count, table.Sets.Values.Sum(s => s.Elements.Count));

    /// <summary>Each kind has a map of its own: whole protocols, single ports, ranges.</summary>
    private static int KindOf(PortCell cell) => cell.Ports == PortRange.All ? 0 : cell.Ports.First == cell.Ports.Last ? 1 : 2;

    private TableSize And(int chains, int sets, int elements) => new(Chains + chains, Sets + sets, Elements + elements);
}
