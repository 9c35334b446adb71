using NetPol.Model.Rules;

namespace NetPol.Controller.Rules;

/// <summary>A state of one node's rules.</summary>
/// <param name="Number">The revision of the book in which they became so; 0 when nothing has touched the node yet.</param>
/// <param name="Rules">The rules.</param>
internal sealed record RuleRevision(long Number, NodeRuleSet Rules);
