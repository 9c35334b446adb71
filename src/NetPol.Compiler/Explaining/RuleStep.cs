using NetPol.Model.Policies;

namespace NetPol.Compiler.Explaining;

/// <summary>One rule, held against one side of a connection.</summary>
/// <param name="Policy">Its policy.</param>
/// <param name="RuleIndex">Its place in the policy's list for the direction, from 0.</param>
/// <param name="RuleName">Its name, if it has one.</param>
/// <param name="Action">What it does to what it matches; Deny for a Pass that fails closed.</param>
/// <param name="Peer">Whether the peer matches.</param>
/// <param name="Port">Whether protocol and port match.</param>
/// <param name="Role">What the rule means for the outcome.</param>
public sealed record RuleStep(
    PolicyId Policy, int RuleIndex, string? RuleName, RuleAction Action, MatchReason Peer, MatchReason Port, StepRole Role)
{
    public bool Matches => Peer.Matches && Port.Matches;
}
