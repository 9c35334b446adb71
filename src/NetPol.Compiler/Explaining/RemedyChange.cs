using NetPol.Model;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Explaining;

/// <summary>One thing that keeps a side of a connection from being allowed.</summary>
public abstract record RemedyChange
{
    private RemedyChange()
    {
    }

    /// <summary>A rule denies: it must match no longer, or a rule that allows must stand before it.</summary>
    public sealed record RuleDenies(Tier Tier, RuleStep Step) : RemedyChange;

    /// <summary>NetworkPolicies isolate the pod and none allows: one rule that does is enough, in any of them or in another that selects the pod.</summary>
    /// <param name="IsolatedBy">Those policies, at least one.</param>
    /// <param name="Allowing">Such a rule, as narrow as labels and ports can say it.</param>
    public sealed record Isolated(ValueArray<PolicyId> IsolatedBy, Rule Allowing) : RemedyChange;
}
