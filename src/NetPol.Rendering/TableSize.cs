using NetPol.Model.Net;
using NetPol.Model.RuleSets;

namespace NetPol.Rendering;

/// <summary>The number of objects of a table in the kernel.</summary>
/// <param name="Chains">Base chains among them.</param>
/// <param name="Sets">Sets and maps.</param>
/// <param name="Elements">Of all sets and maps; an interval is one.</param>
public readonly record struct TableSize(int Chains, int Sets, int Elements)
{
    private static readonly TableSize Skeleton = Of(Renderer.Render(NodeRuleSet.CreateEmpty("")));

    /// <summary>Returns the size of the table that <see cref="Renderer.Render(NodeRuleSet, FlowLogSettings, HostNetwork)"/> returns, without rendering it.</summary>
    public static TableSize Of(NodeRuleSet rules)
    {
        var size = Skeleton.And(rules.Decisions.Count, 0, rules.AllNodeAddresses.Count + rules.PodCidrs.Count + (2 * rules.ReadyPods.Count));
        foreach (var portPolicy in rules.PortPolicies)
            size = size.And(1, portPolicy.Entries.Select(KindOf).Distinct().Count(), portPolicy.Entries.Count);
        foreach (var point in Enum.GetValues<EnforcementPoint>())
        {
            var own = rules.RulesAt(point);
            // A peer identity has a map and a chain in each family; a subject is in a set and a map.
            size = size.And(2 * own.Identities.Count, 2 * own.Identities.Count, (2 * own.Defaults.Count) + own.Self.Count + own.Peers.Count + own.Networks.Count + own.PolicyEntries.Count);
        }
        return size;
    }

    private static TableSize Of(Nftables.TableState table) => new(table.Chains.Count, table.Sets.Count, table.Sets.Values.Sum(s => s.Elements.Count));

    /// <summary>Each kind has a map of its own: whole protocols, single ports, ranges.</summary>
    private static int KindOf(PortEntry entry) => entry.Ports == PortRange.All ? 0 : entry.Ports.First == entry.Ports.Last ? 1 : 2;

    private TableSize And(int chains, int sets, int elements) => new(Chains + chains, Sets + sets, Elements + elements);
}
