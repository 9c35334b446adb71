namespace NetPol.Model.Rules;

/// <summary>The difference between two rule sets of one node.</summary>
public sealed record NodeRuleSetDelta
{
    public required string Node { get; init; }

    public Change<IpAddress> NodeAddresses { get; init; }

    public Change<IpAddress> AllNodeAddresses { get; init; }

    public Change<Cidr> PodNetworks { get; init; }

    public Change<IpAddress> KnownPods { get; init; }

    public Change<GrantedSource> GrantedSources { get; init; }

    public Change<Decision> Decisions { get; init; }

    public Change<PortProfile> Profiles { get; init; }

    public HookRulesDelta Egress { get; init; } = HookRulesDelta.Empty;

    public HookRulesDelta Ingress { get; init; } = HookRulesDelta.Empty;

    public HookRulesDelta EgressToNode { get; init; } = HookRulesDelta.Empty;

    public bool IsEmpty => NodeAddresses.IsEmpty && AllNodeAddresses.IsEmpty && PodNetworks.IsEmpty && KnownPods.IsEmpty && GrantedSources.IsEmpty &&
        Decisions.IsEmpty && Profiles.IsEmpty && Egress.IsEmpty && Ingress.IsEmpty && EgressToNode.IsEmpty;

    public HookRulesDelta Rules(Hook hook) => hook switch
    {
        Hook.Egress => Egress,
        Hook.Ingress => Ingress,
        Hook.EgressToNode => EgressToNode,
        _ => throw new ArgumentOutOfRangeException(nameof(hook)),
    };

    /// <summary>Returns the delta from <paramref name="before"/> to <paramref name="after"/>, in one pass over both.</summary>
    public static NodeRuleSetDelta Between(NodeRuleSet before, NodeRuleSet after) => new()
    {
        Node = after.Node,
        NodeAddresses = SortedLists.Diff(before.NodeAddresses, after.NodeAddresses, a => a),
        AllNodeAddresses = SortedLists.Diff(before.AllNodeAddresses, after.AllNodeAddresses, a => a),
        PodNetworks = SortedLists.Diff(before.PodNetworks, after.PodNetworks, n => n),
        KnownPods = SortedLists.Diff(before.KnownPods, after.KnownPods, a => a),
        GrantedSources = SortedLists.Diff(before.GrantedSources, after.GrantedSources, g => g),
        Decisions = SortedLists.Diff(before.Decisions, after.Decisions, d => d.Id),
        Profiles = SortedLists.Diff(before.Profiles, after.Profiles, p => p.Id),
        Egress = Between(before.Egress, after.Egress),
        Ingress = Between(before.Ingress, after.Ingress),
        EgressToNode = Between(before.EgressToNode, after.EgressToNode),
    };

    /// <summary>Applies the delta to <paramref name="before"/>.</summary>
    /// <exception cref="InvalidOperationException">The delta was not made from <paramref name="before"/>: it removes a missing entry or adds an existing one.</exception>
    public NodeRuleSet Apply(NodeRuleSet before) => new()
    {
        Node = Node,
        NodeAddresses = SortedLists.Apply(before.NodeAddresses, NodeAddresses, a => a),
        AllNodeAddresses = SortedLists.Apply(before.AllNodeAddresses, AllNodeAddresses, a => a),
        PodNetworks = SortedLists.Apply(before.PodNetworks, PodNetworks, n => n),
        KnownPods = SortedLists.Apply(before.KnownPods, KnownPods, a => a),
        GrantedSources = SortedLists.Apply(before.GrantedSources, GrantedSources, g => g),
        Decisions = SortedLists.Apply(before.Decisions, Decisions, d => d.Id),
        Profiles = SortedLists.Apply(before.Profiles, Profiles, p => p.Id),
        Egress = Apply(before.Egress, Egress),
        Ingress = Apply(before.Ingress, Ingress),
        EgressToNode = Apply(before.EgressToNode, EgressToNode),
    };

    /// <summary>Merges consecutive deltas into one. The cost depends only on what they change.</summary>
    /// <param name="steps">At least one delta, all of one node, in order.</param>
    public static NodeRuleSetDelta Fold(IReadOnlyList<NodeRuleSetDelta> steps) => steps.Count == 1 ? steps[0] : new()
    {
        Node = steps[0].Node,
        NodeAddresses = SortedLists.Fold(steps.Select(s => s.NodeAddresses), a => a),
        AllNodeAddresses = SortedLists.Fold(steps.Select(s => s.AllNodeAddresses), a => a),
        PodNetworks = SortedLists.Fold(steps.Select(s => s.PodNetworks), n => n),
        KnownPods = SortedLists.Fold(steps.Select(s => s.KnownPods), a => a),
        GrantedSources = SortedLists.Fold(steps.Select(s => s.GrantedSources), g => g),
        Decisions = SortedLists.Fold(steps.Select(s => s.Decisions), d => d.Id),
        Profiles = SortedLists.Fold(steps.Select(s => s.Profiles), p => p.Id),
        Egress = Fold(steps.Select(s => s.Egress)),
        Ingress = Fold(steps.Select(s => s.Ingress)),
        EgressToNode = Fold(steps.Select(s => s.EgressToNode)),
    };

    private static HookRulesDelta Fold(IEnumerable<HookRulesDelta> steps)
    {
        var changing = steps.Where(s => !s.IsEmpty).ToList();
        return changing.Count <= 1 ? changing.FirstOrDefault(HookRulesDelta.Empty) : new()
        {
            Rest = SortedLists.Fold(changing.Select(s => s.Rest), r => r.Subject),
            Self = SortedLists.Fold(changing.Select(s => s.Self), s => s.Subject),
            Peers = SortedLists.Fold(changing.Select(s => s.Peers), p => p.Address),
            Networks = SortedLists.Fold(changing.Select(s => s.Networks), n => n.Range),
            Classes = SortedLists.Fold(changing.Select(s => s.Classes), c => c),
            Cells = SortedLists.Fold(changing.Select(s => s.Cells), c => (c.Class, c.Subject)),
        };
    }

    private static HookRulesDelta Between(HookRules before, HookRules after) => new()
    {
        Rest = SortedLists.Diff(before.Rest, after.Rest, r => r.Subject),
        Self = SortedLists.Diff(before.Self, after.Self, s => s.Subject),
        Peers = SortedLists.Diff(before.Peers, after.Peers, p => p.Address),
        Networks = SortedLists.Diff(before.Networks, after.Networks, n => n.Range),
        Classes = SortedLists.Diff(before.Classes, after.Classes, c => c),
        Cells = SortedLists.Diff(before.Cells, after.Cells, c => (c.Class, c.Subject)),
    };

    private static HookRules Apply(HookRules before, HookRulesDelta change) => new()
    {
        Rest = SortedLists.Apply(before.Rest, change.Rest, r => r.Subject),
        Self = SortedLists.Apply(before.Self, change.Self, s => s.Subject),
        Peers = SortedLists.Apply(before.Peers, change.Peers, p => p.Address),
        Networks = SortedLists.Apply(before.Networks, change.Networks, n => n.Range),
        Classes = SortedLists.Apply(before.Classes, change.Classes, c => c),
        Cells = SortedLists.Apply(before.Cells, change.Cells, c => (c.Class, c.Subject)),
    };
}
