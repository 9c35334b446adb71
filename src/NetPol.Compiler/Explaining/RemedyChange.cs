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
    /// <param name="Tier">The tier of the rule.</param>
    /// <param name="Step">The rule.</param>
    /// <param name="Isolation">Why NetPol isolated the policy, whose own Allow rules then match nothing; null for other policies.</param>
    public sealed record RuleDenies(Tier Tier, RuleStep Step, PolicyIsolation? Isolation) : RemedyChange;

    /// <summary>NetworkPolicies isolate the pod and none allows: one rule that does is enough, in one of them or in another that selects the pod.</summary>
    /// <param name="IsolatedBy">Those policies, at least one.</param>
    /// <param name="Allowing">Such a rule, as narrow as labels and ports can say it.</param>
    public sealed record Isolated(ValueArray<PolicyId> IsolatedBy, Rule Allowing) : RemedyChange
    {
        /// <summary>
        /// The policy to add the rule to: the one that selects the fewest pods. Null where each selects every pod of the namespace, or has no effect
        /// but isolation: the rule then needs a new policy with <see cref="Subject"/>.
        /// </summary>
        public PolicyId? AddTo { get; init; }

        /// <summary>How many pods <see cref="AddTo"/> selects; 0 without one.</summary>
        public int PodsOfAddTo { get; init; }

        /// <summary>The pod, as a new policy selects it: by its lasting labels. It selects every pod of the namespace where the pod has no labels.</summary>
        public required PodSelection Subject { get; init; }

        /// <summary>Those of <see cref="IsolatedBy"/> that NetPol isolated, with the reason: a rule that is added there matches nothing.</summary>
        public ValueArray<KeyValuePair<PolicyId, PolicyIsolation>> Failing { get; init; } = [];
    }
}
