using NetPol.Compiler.Explaining;
using NetPol.Model;
using NetPol.Model.Policies;
using NetPol.Model.Rules;
using NetPol.Protocol.Inspections;

namespace NetPol.Cli.Inspecting;

/// <summary>What a node does with a connection, beside what the policies say.</summary>
/// <param name="Node">The node.</param>
/// <param name="Meant">The decisions that should be met there, in order; without those by default, which a node may leave out.</param>
/// <param name="Found">What the node says; null when it said nothing.</param>
/// <param name="Trouble">Why it said nothing; null when it did.</param>
internal sealed record NodeCheck(string Node, ValueArray<Decision> Meant, Inspection? Found, string? Trouble)
{
    /// <summary>Whether the programmed rules decide as the policies mean it; null when the node said nothing.</summary>
    public bool? Agrees => Found is null
        ? null
        : Found.Counts.Select(c => c.Decision).Where(d => d is null || !IsByDefault(d.Value)).SequenceEqual(Meant.Select(d => (DecisionId?)d.Id));

    /// <summary>The nodes that judge a connection, the source's first, and what each should decide.</summary>
    public static IEnumerable<(string Node, ValueArray<Decision> Meant)> Plan(Explanation explanation)
    {
        var (egress, ingress) = (explanation.Egress, explanation.Ingress);
        if (IsJudged(egress))
        {
            var both = egress.Decision.Verdict == Verdict.Allow && IsJudged(ingress) && string.Equals(ingress.Node, egress.Node, StringComparison.Ordinal);
            yield return (egress.Node!, Listed(both ? [egress.Decision, ingress.Decision] : [egress.Decision]));
            if (both)
                yield break;
        }
        // What the source's node drops never comes to the destination's; that one is asked all the same what it would do.
        if (IsJudged(ingress) && !(IsJudged(egress) && string.Equals(ingress.Node, egress.Node, StringComparison.Ordinal)))
            yield return (ingress.Node!, Listed([ingress.Decision]));
    }

    /// <summary>Whether the decision is the one by default, in either direction.</summary>
    public static bool IsByDefault(DecisionId id) => id == Decision.ByDefault(Direction.Egress).Id || id == Decision.ByDefault(Direction.Ingress).Id;

    private static bool IsJudged(SideExplanation side) => side.Judgement is Judgement.Full or Judgement.Self or Judgement.ToOwnNode;

    private static ValueArray<Decision> Listed(IEnumerable<Decision> decisions) => decisions.Where(d => !IsByDefault(d.Id)).ToValueArray();
}
