using NetPol.Compiler;
using NetPol.Model.Rules;

namespace NetPol.Controller.Rules;

/// <summary>A state of one node's rules.</summary>
internal sealed class RuleRevision(long number, NodeRules rules)
{
    /// <summary>The revision of the book in which they became so; 0 when nothing has touched the node yet.</summary>
    public long Number { get; } = number;

    /// <summary>
    /// Whether they are made for the node alone, with policies isolated or as a part of the way to a later revision: then nothing is remembered of how they came about.
    /// </summary>
    public bool IsOfNode { get; init; }

    /// <summary>The rules; the first reading costs a pass over them.</summary>
    public NodeRuleSet Rules => rules.RuleSet;
}
