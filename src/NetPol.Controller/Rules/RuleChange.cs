using NetPol.Model.Rules;

namespace NetPol.Controller.Rules;

/// <summary>One step of a node's rules: what revision <paramref name="Number"/> changed, and when its oldest event had reached the controller.</summary>
internal sealed record RuleChange(long Number, NodeRuleSetDelta Delta, DateTimeOffset CausedAt);
