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
            var isFinal = tier.Tier == Tier.NetworkPolicy ? AddIsolation(side, tier, changes) : AddDenials(tier, changes);
            if (isFinal)
                break;
        }
        return changes.ToValueArray();
    }

    /// <summary>Adds the denials before the first rule that allows or passes, and says whether that one allows.</summary>
    private static bool AddDenials(TierExplanation tier, List<RemedyChange> changes)
    {
        foreach (var step in tier.Steps.Where(s => s.Matches))
        {
            if (step.Action != RuleAction.Deny)
                return step.Action == RuleAction.Allow;
            changes.Add(new RemedyChange.RuleDenies(tier.Tier, step));
        }
        return false;
    }

    /// <summary>Where policies isolate the tier is final: what lets the connection pass here needs no later tier.</summary>
    private static bool AddIsolation(SideFacts side, TierExplanation tier, List<RemedyChange> changes)
    {
        if (tier.Outcome is TierOutcome.NoPolicies or TierOutcome.NotApplicable)
            return false;
        if (!tier.Steps.Any(s => s.Matches))
            changes.Add(new RemedyChange.Isolated(tier.Policies, AllowingRule.For(side, tier.Policies)));
        return true;
    }
}
