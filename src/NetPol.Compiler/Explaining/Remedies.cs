using NetPol.Model;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Explaining;

/// <summary>Finds what must change for a side to allow.</summary>
internal static class Remedies
{
    /// <summary>
    /// Everything that must change, in the order of evaluation: what decides, and what would decide with that out of the way, until something
    /// allows or nothing is left. Empty for a side that allows.
    /// </summary>
    public static ValueArray<RemedyChange> Find(SideFacts side, ValueArray<TierExplanation> tiers)
    {
        var changes = new List<RemedyChange>();
        foreach (var tier in tiers)
        {
            var isFinal = tier.Tier == Tier.NetworkPolicy ? AddIsolation(side, tier, changes) : AddDenials(side, tier, changes);
            if (isFinal)
                break;
        }
        return changes.ToValueArray();
    }

    /// <summary>Adds the denials before the first rule that allows or passes, and says whether that one allows.</summary>
    private static bool AddDenials(SideFacts side, TierExplanation tier, List<RemedyChange> changes)
    {
        foreach (var step in tier.Steps.Where(s => s.Matches))
        {
            if (step.Action != RuleAction.Deny)
                return step.Action == RuleAction.Allow;
            changes.Add(new RemedyChange.RuleDenies(tier.Tier, step, side.Cluster.Policy(step.Policy).Isolation));
        }
        return false;
    }

    /// <summary>Where policies isolate the tier is final: what lets the connection pass here needs no later tier.</summary>
    private static bool AddIsolation(SideFacts side, TierExplanation tier, List<RemedyChange> changes)
    {
        if (tier.Outcome is TierOutcome.NoPolicies or TierOutcome.NotApplicable)
            return false;
        if (!tier.Steps.Any(s => s.Matches))
            changes.Add(Isolated(side, tier.Policies));
        return true;
    }

    private static RemedyChange.Isolated Isolated(SideFacts side, ValueArray<PolicyId> isolatedBy)
    {
        var pod = side.SubjectPods.First(p => string.Equals(p.Id.Namespace, isolatedBy[0].Namespace, StringComparison.Ordinal));
        var policies = isolatedBy.Select(side.Cluster.Policy).ToList();
        // A rule in a policy for every pod, as a default-deny is, would open them all.
        var narrowest = policies.Where(p => p.Isolation is null && !p.Subject.Pods.Requirements.IsEmpty)
            .Select(p => (Policy: p.Id, Pods: side.Cluster.Snapshot.Pods.Count(o => o.IsSelectable && side.Cluster.Selects(p.Subject, o))))
            .OrderBy(p => p.Pods).ThenBy(p => p.Policy).Take(1).ToList();
        return new(isolatedBy, AllowingRule.For(side, isolatedBy))
        {
            AddTo = narrowest.Count > 0 ? narrowest[0].Policy : null,
            PodsOfAddTo = narrowest.Count > 0 ? narrowest[0].Pods : 0,
            Subject = PodSelection.InNamespace(pod.Id.Namespace, AllowingRule.Selector(pod)),
            Failing = policies.Where(p => p.Isolation is not null).Select(p => KeyValuePair.Create(p.Id, p.Isolation!)).ToValueArray(),
        };
    }
}
