using NetPol.Model.Net;

namespace NetPol.Model.RuleSets;

/// <summary>The difference between two rule sets of one node.</summary>
public sealed record NodeRuleSetDelta
{
    public required string Node { get; init; }

    public ListChange<IpAddress> NodeAddresses { get; init; }

    public ListChange<IpAddress> AllNodeAddresses { get; init; }

    public ListChange<Cidr> PodCidrs { get; init; }

    public ListChange<IpAddress> ReadyPods { get; init; }

    public ListChange<GrantedSource> GrantedSources { get; init; }

    public ListChange<Decision> Decisions { get; init; }

    public ListChange<PortPolicy> PortPolicies { get; init; }

    public EnforcementRulesDelta PodEgress { get; init; } = EnforcementRulesDelta.Empty;

    public EnforcementRulesDelta PodIngress { get; init; } = EnforcementRulesDelta.Empty;

    public EnforcementRulesDelta PodToHost { get; init; } = EnforcementRulesDelta.Empty;

    public bool IsEmpty => NodeAddresses.IsEmpty && AllNodeAddresses.IsEmpty && PodCidrs.IsEmpty && ReadyPods.IsEmpty && GrantedSources.IsEmpty &&
        Decisions.IsEmpty && PortPolicies.IsEmpty && PodEgress.IsEmpty && PodIngress.IsEmpty && PodToHost.IsEmpty;

    public EnforcementRulesDelta RulesAt(EnforcementPoint point) => point switch
    {
        EnforcementPoint.PodEgress => PodEgress,
        EnforcementPoint.PodIngress => PodIngress,
        EnforcementPoint.PodToHost => PodToHost,
        _ => throw new ArgumentOutOfRangeException(nameof(point)),
    };

    /// <summary>Returns the delta from <paramref name="before"/> to <paramref name="after"/>, in one pass over both.</summary>
    public static NodeRuleSetDelta Between(NodeRuleSet before, NodeRuleSet after) => new()
    {
        Node = after.Node,
        NodeAddresses = SortedLists.Diff(before.NodeAddresses, after.NodeAddresses, a => a),
        AllNodeAddresses = SortedLists.Diff(before.AllNodeAddresses, after.AllNodeAddresses, a => a),
        PodCidrs = SortedLists.Diff(before.PodCidrs, after.PodCidrs, n => n),
        ReadyPods = SortedLists.Diff(before.ReadyPods, after.ReadyPods, a => a),
        GrantedSources = SortedLists.Diff(before.GrantedSources, after.GrantedSources, g => g),
        Decisions = SortedLists.Diff(before.Decisions, after.Decisions, d => d.Id),
        PortPolicies = SortedLists.Diff(before.PortPolicies, after.PortPolicies, p => p.Id),
        PodEgress = Between(before.PodEgress, after.PodEgress),
        PodIngress = Between(before.PodIngress, after.PodIngress),
        PodToHost = Between(before.PodToHost, after.PodToHost),
    };

    /// <summary>Applies the delta to <paramref name="before"/>.</summary>
    /// <exception cref="InvalidOperationException">The delta was not made from <paramref name="before"/>: it removes a missing entry or adds an existing one.</exception>
    public NodeRuleSet Apply(NodeRuleSet before) => new()
    {
        Node = Node,
        NodeAddresses = SortedLists.Apply(before.NodeAddresses, NodeAddresses, a => a),
        AllNodeAddresses = SortedLists.Apply(before.AllNodeAddresses, AllNodeAddresses, a => a),
        PodCidrs = SortedLists.Apply(before.PodCidrs, PodCidrs, n => n),
        ReadyPods = SortedLists.Apply(before.ReadyPods, ReadyPods, a => a),
        GrantedSources = SortedLists.Apply(before.GrantedSources, GrantedSources, g => g),
        Decisions = SortedLists.Apply(before.Decisions, Decisions, d => d.Id),
        PortPolicies = SortedLists.Apply(before.PortPolicies, PortPolicies, p => p.Id),
        PodEgress = Apply(before.PodEgress, PodEgress),
        PodIngress = Apply(before.PodIngress, PodIngress),
        PodToHost = Apply(before.PodToHost, PodToHost),
    };

    /// <summary>Merges consecutive deltas into one. The cost depends only on what they change.</summary>
    /// <param name="steps">At least one delta, all of one node, in order.</param>
    public static NodeRuleSetDelta Merge(IReadOnlyList<NodeRuleSetDelta> steps) => steps.Count == 1 ? steps[0] : new()
    {
        Node = steps[0].Node,
        NodeAddresses = SortedLists.Merge(steps.Select(s => s.NodeAddresses), a => a),
        AllNodeAddresses = SortedLists.Merge(steps.Select(s => s.AllNodeAddresses), a => a),
        PodCidrs = SortedLists.Merge(steps.Select(s => s.PodCidrs), n => n),
        ReadyPods = SortedLists.Merge(steps.Select(s => s.ReadyPods), a => a),
        GrantedSources = SortedLists.Merge(steps.Select(s => s.GrantedSources), g => g),
        Decisions = SortedLists.Merge(steps.Select(s => s.Decisions), d => d.Id),
        PortPolicies = SortedLists.Merge(steps.Select(s => s.PortPolicies), p => p.Id),
        PodEgress = Merge(steps.Select(s => s.PodEgress)),
        PodIngress = Merge(steps.Select(s => s.PodIngress)),
        PodToHost = Merge(steps.Select(s => s.PodToHost)),
    };

    private static EnforcementRulesDelta Merge(IEnumerable<EnforcementRulesDelta> steps)
    {
        var changing = steps.Where(s => !s.IsEmpty).ToList();
        return changing.Count <= 1 ? changing.FirstOrDefault(EnforcementRulesDelta.Empty) : new()
        {
            Defaults = SortedLists.Merge(changing.Select(s => s.Defaults), r => r.Subject),
            Self = SortedLists.Merge(changing.Select(s => s.Self), s => s.Subject),
            Peers = SortedLists.Merge(changing.Select(s => s.Peers), p => p.Address),
            Networks = SortedLists.Merge(changing.Select(s => s.Networks), n => n.Range),
            Identities = SortedLists.Merge(changing.Select(s => s.Identities), c => c),
            PolicyEntries = SortedLists.Merge(changing.Select(s => s.PolicyEntries), c => (c.Identity, c.Subject)),
        };
    }

    private static EnforcementRulesDelta Between(EnforcementRules before, EnforcementRules after) => new()
    {
        Defaults = SortedLists.Diff(before.Defaults, after.Defaults, r => r.Subject),
        Self = SortedLists.Diff(before.Self, after.Self, s => s.Subject),
        Peers = SortedLists.Diff(before.Peers, after.Peers, p => p.Address),
        Networks = SortedLists.Diff(before.Networks, after.Networks, n => n.Range),
        Identities = SortedLists.Diff(before.Identities, after.Identities, c => c),
        PolicyEntries = SortedLists.Diff(before.PolicyEntries, after.PolicyEntries, c => (c.Identity, c.Subject)),
    };

    private static EnforcementRules Apply(EnforcementRules before, EnforcementRulesDelta change) => new()
    {
        Defaults = SortedLists.Apply(before.Defaults, change.Defaults, r => r.Subject),
        Self = SortedLists.Apply(before.Self, change.Self, s => s.Subject),
        Peers = SortedLists.Apply(before.Peers, change.Peers, p => p.Address),
        Networks = SortedLists.Apply(before.Networks, change.Networks, n => n.Range),
        Identities = SortedLists.Apply(before.Identities, change.Identities, c => c),
        PolicyEntries = SortedLists.Apply(before.PolicyEntries, change.PolicyEntries, c => (c.Identity, c.Subject)),
    };
}

/// <summary>The difference between two <see cref="EnforcementRules"/>, list by list.</summary>
public sealed record EnforcementRulesDelta
{
    public static EnforcementRulesDelta Empty { get; } = new();

    public ListChange<SubjectPortPolicy> Defaults { get; init; }

    public ListChange<SubjectPortPolicy> Self { get; init; }

    public ListChange<PeerAddress> Peers { get; init; }

    public ListChange<PeerNetwork> Networks { get; init; }

    public ListChange<PeerIdentity> Identities { get; init; }

    public ListChange<PolicyEntry> PolicyEntries { get; init; }

    public bool IsEmpty => Defaults.IsEmpty && Self.IsEmpty && Peers.IsEmpty && Networks.IsEmpty && Identities.IsEmpty && PolicyEntries.IsEmpty;
}

/// <summary>The entries removed from and added to a sorted list. An entry whose value changes under the same key is in both.</summary>
public readonly record struct ListChange<T>(ValueArray<T> Removed, ValueArray<T> Added)
{
    public bool IsEmpty => Removed.IsEmpty && Added.IsEmpty;
}
