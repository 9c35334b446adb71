using NetPol.Compiler.Explaining;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Using;

/// <summary>Writes down what is of no use, and why.</summary>
internal sealed class UnusedReport(ClusterSnapshot cluster, ItemTable items, FactCollector facts, ItemUse use)
{
    private readonly ClusterLookup _lookup = new(cluster);

    public ValueArray<UnusedPolicy> Write() => cluster.Policies.Where(p => !p.IsAudited).SelectMany(Write).ToValueArray();

    private IEnumerable<UnusedPolicy> Write(Policy policy)
    {
        var item = items.Of(policy.Id);
        if (!use.Matters(item))
        {
            var rules = (policy.Ingress ?? []).Concat(policy.Egress ?? []);
            return [Write(item, null, facts[item].Decides ? UnusedReason.Redundant : Reason(policy, facts[item])) with { Unmatched = Unmatched([policy.Subject, .. Selections(rules)]) }];
        }
        return
        from direction in new[] { Direction.Ingress, Direction.Egress }
        from rule in policy.Rules(direction) ?? []
        let place = items.Of(policy.Id, direction, rule.Index)
        where !use.Matters(place)
        select Write(place, rule, facts[place].Decides ? UnusedReason.Redundant : Reason(rule, facts[place])) with { Unmatched = Unmatched(Selections([rule])) };
    }

    private static IEnumerable<PodSelection> Selections(IEnumerable<Rule> rules) => rules.SelectMany(r => r.Peers).OfType<Peer.Pods>().Select(p => p.Selection);

    private ValueArray<Pod> Unmatched(IEnumerable<PodSelection> selections) =>
        selections.SelectMany(s => UnmatchedPods.Of(s, cluster)).DistinctBy(p => p.Id).OrderBy(p => p.Id).ToValueArray();

    private UnusedPolicy Write(int item, Rule? rule, UnusedReason reason)
    {
        var (found, isRedundant) = (facts[item], reason == UnusedReason.Redundant);
        // The rules of a policy that others stand in for may be behind rules of theirs.
        IEnumerable<int> instead = rule is null ? found.Instead.Union(found.Before).Order() : found.Instead;
        var by = isRedundant ? instead : reason == UnusedReason.Shadowed ? found.Before : [];
        return new(
            items[item].Policy, rule is null ? null : items[item].Rule, isRedundant ? UnusedTerm.ChangesNothing : UnusedTerm.NeverDecides, reason,
            by.Select(b => items[b].Rule!).ToValueArray(), found.Isolation.Select(p => items[p].Policy).ToValueArray(), found.ByDefault, found.ByOtherSide);
    }

    private UnusedReason Reason(Policy policy, ItemFacts found)
    {
        if (!policy.HasEffect)
            return UnusedReason.NoEffect;
        if (policy.Tier != Tier.NetworkPolicy && policy.Ingress is not { Count: > 0 } && policy.Egress is not { Count: > 0 })
            return UnusedReason.SaysNothing;
        if (!cluster.Pods.Any(p => p is { IsSelectable: true, Node: not null, Addresses.IsEmpty: false } && _lookup.Selects(policy.Subject, p)))
            return UnusedReason.SelectsNoPod;
        if (policy.Tier != Tier.NetworkPolicy && (policy.Ingress ?? []).Concat(policy.Egress ?? []).All(IsNotUnderstood))
            return UnusedReason.NotUnderstood;
        return Reason(found, isIsolating: policy.Tier == Tier.NetworkPolicy);
    }

    private static UnusedReason Reason(Rule rule, ItemFacts found) => IsNotUnderstood(rule) ? UnusedReason.NotUnderstood : Reason(found, isIsolating: false);

    /// <summary>A NetworkPolicy isolates, so one that never decides is always shadowed.</summary>
    private static UnusedReason Reason(ItemFacts found, bool isIsolating) => (found.HasPeer || isIsolating, found.HasPort || isIsolating) switch
    {
        (false, _) => UnusedReason.NoSuchPeer,
        (_, false) => UnusedReason.NoSuchPort,
        _ => UnusedReason.Shadowed,
    };

    private static bool IsNotUnderstood(Rule rule) => rule.Action == RuleAction.Allow &&
        (rule.Peers.Any(p => p is Peer.Unknown) || rule.Peers.All(p => p is Peer.DomainNames) || (rule.Ports ?? []).Any(p => p is PortMatch.Unknown));
}
