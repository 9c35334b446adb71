using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Using;

/// <summary>A policy, or one rule of it, that is of no use.</summary>
/// <param name="Policy">The policy.</param>
/// <param name="Rule">The rule; null when the whole policy is meant, its isolation too.</param>
/// <param name="Term">In which sense.</param>
/// <param name="Reason">Why.</param>
/// <param name="By">The rules that decide before it, or that decide the same without it, in order.</param>
/// <param name="Isolation">The NetworkPolicies whose isolation denies the same without it, in order.</param>
/// <param name="ByDefault">Whether some of what it allows is allowed by default without it.</param>
/// <param name="ByOtherSide">Whether some of what it decides is denied by the other side of the connections anyway.</param>
public sealed record UnusedPolicy(
    PolicyId Policy,
    RuleReference? Rule,
    UnusedTerm Term,
    UnusedReason Reason,
    ValueArray<RuleReference> By,
    ValueArray<PolicyId> Isolation,
    bool ByDefault,
    bool ByOtherSide)
{
    /// <summary>The pods that its subject or a peer names and that no selector matches: those on the host's network, and finished ones. Empty where each matches some pod.</summary>
    public ValueArray<Pod> Unmatched { get; init; } = [];
}
