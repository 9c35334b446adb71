using NetPol.Model.Rules;

namespace NetPol.Compiler;

/// <summary>The rules of one node at one moment, written out when they are first read: until then they are what they were, and what changed. Safe for any thread.</summary>
public sealed class NodeRules
{
    /// <summary>So much may change before it pays to write the rules out.</summary>
    private const int MostPending = 512;

    private readonly int _pending;
    private readonly int _size;
    private volatile object _state;

    public NodeRules(NodeRuleSet rules) => (_state, _size) = (rules, SizeOf(rules));

    private NodeRules(NodeRules before, NodeRuleSetDelta delta)
    {
        _state = new Step(before, delta);
        (_pending, _size) = before._state is NodeRuleSet written ? (SizeOf(delta), SizeOf(written)) : (before._pending + SizeOf(delta), before._size);
        if (_pending > MostPending + (_size / 2))
            (_size, _pending) = (SizeOf(RuleSet), 0);
    }

    /// <summary>The rules; the first reading costs a pass over them, unless nothing changed.</summary>
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
                rules = NodeRuleSetDelta.Fold(steps).Apply(rules);
            _state = rules;
            return rules;
        }
    }

    /// <summary>The rules after a change; costs what it changes.</summary>
    /// <param name="delta">Made from these rules.</param>
    public NodeRules Then(NodeRuleSetDelta delta) => new(this, delta);

    private static int SizeOf(NodeRuleSet rules) => rules.KnownPods.Count + rules.Profiles.Count + SizeOf(rules.Egress) + SizeOf(rules.Ingress);

    private static int SizeOf(HookRules rules) => rules.Peers.Count + rules.Cells.Count;

    private static int SizeOf(NodeRuleSetDelta delta) =>
        1 + SizeOf(delta.KnownPods) + SizeOf(delta.Profiles) + SizeOf(delta.Egress) + SizeOf(delta.Ingress);

    private static int SizeOf(HookRulesDelta delta) => SizeOf(delta.Peers) + SizeOf(delta.Cells) + SizeOf(delta.Rest);

    private static int SizeOf<T>(Change<T> change) => change.Removed.Count + change.Added.Count;

    private sealed record Step(NodeRules Before, NodeRuleSetDelta Delta);
}
