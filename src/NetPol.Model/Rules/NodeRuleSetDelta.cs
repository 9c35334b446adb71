namespace NetPol.Model.Rules;

/// <summary>The difference between two rule sets of one node.</summary>
public sealed record NodeRuleSetDelta
{
    public required string Node { get; init; }

    public Change<IpAddress> NodeAddresses { get; init; }

    public Change<Decision> Decisions { get; init; }

    public Change<PortProfile> Profiles { get; init; }

    public HookRulesDelta Egress { get; init; } = HookRulesDelta.Empty;

    public HookRulesDelta Ingress { get; init; } = HookRulesDelta.Empty;

    public HookRulesDelta EgressToNode { get; init; } = HookRulesDelta.Empty;

    public bool IsEmpty => NodeAddresses.IsEmpty && Decisions.IsEmpty && Profiles.IsEmpty && Egress.IsEmpty && Ingress.IsEmpty && EgressToNode.IsEmpty;

    public HookRulesDelta Rules(Hook hook) => hook switch
    {
        Hook.Egress => Egress,
        Hook.Ingress => Ingress,
        Hook.EgressToNode => EgressToNode,
        _ => throw new ArgumentOutOfRangeException(nameof(hook)),
    };

    /// <summary>What turns <paramref name="before"/> into <paramref name="after"/>; costs one pass over both.</summary>
    public static NodeRuleSetDelta Between(NodeRuleSet before, NodeRuleSet after) => new()
    {
        Node = after.Node,
        NodeAddresses = Diff(before.NodeAddresses, after.NodeAddresses, a => a),
        Decisions = Diff(before.Decisions, after.Decisions, d => d.Id),
        Profiles = Diff(before.Profiles, after.Profiles, p => p.Id),
        Egress = Between(before.Egress, after.Egress),
        Ingress = Between(before.Ingress, after.Ingress),
        EgressToNode = Between(before.EgressToNode, after.EgressToNode),
    };

    private static HookRulesDelta Between(HookRules before, HookRules after) => new()
    {
        Rest = Diff(before.Rest, after.Rest, r => r.Subject),
        Self = Diff(before.Self, after.Self, s => s.Subject),
        Peers = Diff(before.Peers, after.Peers, p => p.Address),
        Networks = Diff(before.Networks, after.Networks, n => n.Range),
        Classes = Diff(before.Classes, after.Classes, c => c),
        Cells = Diff(before.Cells, after.Cells, c => (c.Class, c.Subject)),
    };

    private static Change<T> Diff<T, TKey>(ValueArray<T> before, ValueArray<T> after, Func<T, TKey> key)
        where T : IEquatable<T>
        where TKey : IComparable<TKey>
    {
        List<T> removed = [], added = [];
        int i = 0, j = 0;
        while (i < before.Count || j < after.Count)
        {
            var order = i == before.Count ? 1 : j == after.Count ? -1 : key(before[i]).CompareTo(key(after[j]));
            if (order < 0)
            {
                removed.Add(before[i++]);
            }
            else if (order > 0)
            {
                added.Add(after[j++]);
            }
            else
            {
                if (!before[i].Equals(after[j]))
                {
                    removed.Add(before[i]);
                    added.Add(after[j]);
                }
                i++;
                j++;
            }
        }
        return new(removed.ToValueArray(), added.ToValueArray());
    }
}
