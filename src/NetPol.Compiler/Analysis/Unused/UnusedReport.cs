using NetPol.Compiler.Analysis.Explain;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Analysis.Unused;

/// <summary>Creates the list of unused policies and rules, with reasons.</summary>
internal sealed class UnusedReport(ClusterSnapshot cluster, PolicyItemTable items, RuleUsageCollector usages, VerdictImpact use)
{
    private readonly ClusterLookup _lookup = new(cluster);

    public ValueArray<UnusedPolicy> Create() => cluster.Policies.Where(p => !p.IsAudited).SelectMany(Create).ToValueArray();

    private IEnumerable<UnusedPolicy> Create(Policy policy)
    {
        var item = items.IndexOf(policy.Id);
        if (!use.ChangesVerdict(item))
        {
            var rules = (policy.Ingress ?? []).Concat(policy.Egress ?? []);
            return [Create(item, null, usages[item].Decides ? UnusedReason.Redundant : Reason(policy, usages[item])) with { UnselectablePods = FindUnselectable([policy.Subject, .. Selections(rules)]) }];
        }
        return
        from direction in new[] { Direction.Ingress, Direction.Egress }
        from rule in policy.Rules(direction) ?? []
        let place = items.IndexOf(policy.Id, direction, rule.Index)
        where !use.ChangesVerdict(place)
        select Create(place, rule, usages[place].Decides ? UnusedReason.Redundant : Reason(rule, usages[place])) with { UnselectablePods = FindUnselectable(Selections([rule])) };
    }

    private static IEnumerable<PodSelection> Selections(IEnumerable<Rule> rules) => rules.SelectMany(r => r.Peers).OfType<Peer.Pods>().Select(p => p.Selection);

    private ValueArray<Pod> FindUnselectable(IEnumerable<PodSelection> selections) =>
        selections.SelectMany(s => UnselectablePods.Find(s, cluster)).DistinctBy(p => p.Id).OrderBy(p => p.Id).ToValueArray();

    private UnusedPolicy Create(int item, Rule? rule, UnusedReason reason)
    {
        var (found, isRedundant) = (usages[item], reason == UnusedReason.Redundant);
        // Rules of a redundant policy may also be shadowed by earlier rules of the replacing policies.
        IEnumerable<int> replacing = rule is null ? found.ReplacingRules.Union(found.EarlierRules).Order() : found.ReplacingRules;
        var by = isRedundant ? replacing : reason == UnusedReason.Shadowed ? found.EarlierRules : [];
        return new(
            items[item].Policy, rule is null ? null : items[item].Rule, isRedundant ? UnusedType.ChangesNothing : UnusedType.NeverDecides, reason,
            by.Select(b => items[b].Rule!).ToValueArray(), found.ReplacingIsolation.Select(p => items[p].Policy).ToValueArray(), found.AllowedByDefault, found.DeniedByOtherSide);
    }

    private UnusedReason Reason(Policy policy, RuleUsage found)
    {
        if (!policy.HasEffect)
            return UnusedReason.NoEffect;
        if (policy.Tier != Tier.NetworkPolicy && policy.Ingress is not { Count: > 0 } && policy.Egress is not { Count: > 0 })
            return UnusedReason.SaysNothing;
        if (!cluster.Pods.Any(p => p.Node is not null && _lookup.IsSubject(p) && _lookup.Selects(policy.Subject, p)))
            return UnusedReason.SelectsNoPod;
        if (policy.Tier != Tier.NetworkPolicy && (policy.Ingress ?? []).Concat(policy.Egress ?? []).All(IsNotUnderstood))
            return UnusedReason.NotUnderstood;
        return Reason(found, isIsolating: policy.Tier == Tier.NetworkPolicy);
    }

    private static UnusedReason Reason(Rule rule, RuleUsage found) => IsNotUnderstood(rule) ? UnusedReason.NotUnderstood : Reason(found, isIsolating: false);

    /// <summary>Returns the reason for an item that decides nothing. A NetworkPolicy isolates, so it can only be shadowed.</summary>
    private static UnusedReason Reason(RuleUsage found, bool isIsolating) => (found.HasPeer || isIsolating, found.HasPort || isIsolating) switch
    {
        (false, _) => UnusedReason.NoSuchPeer,
        (_, false) => UnusedReason.NoSuchPort,
        _ => UnusedReason.Shadowed,
    };

    private static bool IsNotUnderstood(Rule rule) => rule.Action == RuleAction.Allow &&
        (rule.Peers.Any(p => p is Peer.Unknown) || rule.Peers.All(p => p is Peer.DomainNames) || (rule.Ports ?? []).Any(p => p is PortMatch.Unknown));
}
