using NetPol.Model.Policies;
using NetPol.Model.Rules;

namespace NetPol.Cli.Comparing;

/// <summary>A policy that decides, as the page tells of it.</summary>
/// <param name="Direction">The side.</param>
/// <param name="Namespace">The only namespace on whose pods it decides; empty when it may be any.</param>
/// <param name="Isolates">Whether it decides by isolation, alone or with others, and not by a rule.</param>
/// <param name="Text">The policy and its rule, or the name alone where it isolates.</param>
internal sealed record PageDecider(Direction Direction, string Namespace, bool Isolates, string Text)
{
    /// <param name="decision">One that a policy makes, or several that isolate.</param>
    public static IEnumerable<PageDecider> Of(Decision decision) => decision.Policy is { } policy
        ? [new(decision.Direction, policy.Namespace, false, ChangeText.Deciders([decision])!)]
        : decision.IsolatedBy.Select(isolating => new PageDecider(decision.Direction, isolating.Namespace, true, isolating.QualifiedName));
}
