using NetPol.Model;
using NetPol.Model.Policies;
using NetPol.Model.Rules;

namespace NetPol.Compiler.Explaining;

/// <summary>What one tier says about one side of a connection.</summary>
/// <param name="Tier">Admin, NetworkPolicy or Baseline.</param>
/// <param name="Outcome">What came of it.</param>
/// <param name="Policies">The policies that select the subject and speak about the direction, in order; in NetworkPolicy they isolate it.</param>
/// <param name="Steps">Every rule of those policies, in the order of evaluation, also those that did not match or were not reached.</param>
/// <param name="Overruled">What the tier's rules, or its isolation, would have decided and did not because something went before.</param>
public sealed record TierExplanation(
    Tier Tier, TierOutcome Outcome, ValueArray<PolicyId> Policies, ValueArray<RuleStep> Steps, ValueArray<Decision> Overruled);
