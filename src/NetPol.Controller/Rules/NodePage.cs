using NetPol.Compiler;
using NetPol.Model.Rules;

namespace NetPol.Controller.Rules;

/// <summary>The rules of one node through time, with as much of the past as saves comparing whole rule sets. Safe for any thread.</summary>
internal sealed class NodePage(string node, NodeIsolation isolation)
{
    private const int MaxPast = 64;
    private readonly Lock _lock = new();
    private readonly Queue<RuleChange> _past = new();
    private long _forgotten;
    private RuleRevision _current = new(0, new(NodeRuleSet.EmptyFor(node)));
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The policies that are isolated on this node alone.</summary>
    public NodeIsolation Isolation { get; } = isolation;

    public RuleRevision Current
    {
        get
        {
            lock (_lock)
                return _current;
        }
    }

    public void Turn(RuleChange change, NodeRules rules)
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            if (_past.Count == MaxPast)
                _forgotten = _past.Dequeue().Number;
            _past.Enqueue(change);
            _current = new(change.Number, rules);
            (changed, _changed) = (_changed, new(TaskCreationOptions.RunContinuationsAsynchronously));
        }
        changed.SetResult();
    }

    /// <summary>Completes when there is a revision later than this one.</summary>
    public Task WhenAfter(long number)
    {
        lock (_lock)
            return _current.Number > number ? Task.CompletedTask : _changed.Task;
    }

    /// <summary>How many changes came after this number; of those that are long past only that there were some.</summary>
    public int CountAfter(long number)
    {
        lock (_lock)
            return _past.Count(c => c.Number > number) is not 0 and var count ? count : _current.Number > number ? 1 : 0;
    }

    /// <summary>How to get from a past state to the current one.</summary>
    public (RuleRevision To, NodeRuleSetDelta Delta, DateTimeOffset CausedAt) Since(RuleRevision from)
    {
        RuleRevision current;
        RuleChange[] steps;
        bool isWhole;
        lock (_lock)
        {
            current = _current;
            steps = [.. _past.Where(c => c.Number > from.Number)];
            isWhole = from.Number >= _forgotten;
        }
        if (steps.Length == 0)
            throw new InvalidOperationException($"nothing changed since revision {from.Number}");
        var delta = isWhole ? NodeRuleSetDelta.Fold([.. steps.Select(s => s.Delta)]) : NodeRuleSetDelta.Between(from.Rules, current.Rules);
        return (current, delta, steps[0].CausedAt);
    }

    /// <summary>The first revision after this one that changed the node, or an earlier one where that is forgotten; null when none did.</summary>
    public long? FirstAfter(long number)
    {
        lock (_lock)
        {
            if (_current.Number <= number)
                return null;
            return number < _forgotten ? number + 1 : _past.First(c => c.Number > number).Number;
        }
    }
}
