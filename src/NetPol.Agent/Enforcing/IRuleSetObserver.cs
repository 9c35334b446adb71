using NetPol.Model.Rules;

namespace NetPol.Agent.Enforcing;

/// <summary>Reacts to changes of the programmed rules. The enforcer calls it while it holds its lock, so both methods return at once.</summary>
internal interface IRuleSetObserver
{
    /// <summary>Other rules are programmed, as <see cref="Enforcer.Rules"/> says now.</summary>
    /// <param name="change">The difference; null when anything may be different.</param>
    void RulesChanged(NodeRuleSetDelta? change);

    /// <summary>
    /// Called before <see cref="RulesChanged"/> if packets crossed the node without meeting these rules: there was no table, or it had other base chains. Connections may have begun with
    /// packets that would not pass now.
    /// </summary>
    void RulesBypassed()
    {
    }
}
