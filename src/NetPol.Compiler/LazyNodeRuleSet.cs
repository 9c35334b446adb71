using NetPol.Model.RuleSets;

namespace NetPol.Compiler;

/// <summary>The rules of one node at one moment, built when they are first read. Until then they are an older rule set and the deltas since. Thread-safe.</summary>
public sealed class LazyNodeRuleSet
{
    /// <summary>The number of pending changes above which building the rule set is cheaper. Half of the rule set is added to it.</summary>
    private const int MaxPending = 512;

    private readonly int _pending;
    private readonly int _size;
    private volatile object _state;

    public LazyNodeRuleSet(NodeRuleSet rules) => (_state, _size) = (rules, CountEntries(rules));

    private LazyNodeRuleSet(LazyNodeRuleSet before, NodeRuleSetDelta delta)
    {
        _state = new Step(before, delta);
        (_pending, _size) = before._state is NodeRuleSet written ? (CountEntries(delta), CountEntries(written)) : (before._pending + CountEntries(delta), before._size);
        if (_pending > MaxPending + (_size / 2))
            (_size, _pending) = (CountEntries(RuleSet), 0);
    }

    /// <summary>The rules. The first read takes one pass over them if anything changed.</summary>
    public NodeRuleSet RuleSet
    {
        get
        {
            if (_state is NodeRuleSet written)
                return written;
            var steps = new List<NodeRuleSetDelta>();
            var state = _state;
            for (; state is Step step; state = step.Before._state)
                steps.Add(step.Delta);
            steps.Reverse();
            var rules = (NodeRuleSet)state;
            if (steps.Count > 0)
                rules = NodeRuleSetDelta.Merge(steps).Apply(rules);
            _state = rules;
            return rules;
        }
    }

    /// <summary>Returns the rules after a change. The cost depends only on the size of the change.</summary>
    /// <param name="delta">Made from these rules.</param>
    public LazyNodeRuleSet Apply(NodeRuleSetDelta delta) => new(this, delta);

    private static int CountEntries(NodeRuleSet rules) => rules.ReadyPods.Count + rules.PortPolicies.Count + CountEntries(rules.PodEgress) + CountEntries(rules.PodIngress);

    private static int CountEntries(EnforcementRules rules) => rules.Peers.Count + rules.PolicyEntries.Count;

    private static int CountEntries(NodeRuleSetDelta delta) =>
        1 + CountEntries(delta.ReadyPods) + CountEntries(delta.PortPolicies) + CountEntries(delta.PodEgress) + CountEntries(delta.PodIngress);

    private static int CountEntries(EnforcementRulesDelta delta) => CountEntries(delta.Peers) + CountEntries(delta.PolicyEntries) + CountEntries(delta.Defaults);

    private static int CountEntries<T>(ListChange<T> change) => change.Removed.Count + change.Added.Count;

    private sealed record Step(LazyNodeRuleSet Before, NodeRuleSetDelta Delta);
}
