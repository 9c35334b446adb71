using NetPol.Compiler;
using NetPol.Model.RuleSets;

namespace NetPol.Controller.RuleSets;

/// <summary>The rules of one node and their last changes, so that most updates need no comparison of whole rule sets. Safe for any thread.</summary>
internal sealed class NodeRuleSetHistory(string node, NodeIsolation isolation)
{
    private const int MaxPast = 64;
    private readonly Lock _lock = new();
    private readonly Queue<RuleSetChange> _past = new();
    private long _forgotten;
    private RuleSetVersion _current = new(0, new(NodeRuleSet.CreateEmpty(node)));
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The policies that are isolated on this node alone.</summary>
    public NodeIsolation Isolation { get; } = isolation;

    public RuleSetVersion Current
    {
        get
        {
            lock (_lock)
                return _current;
        }
    }

    public void Publish(RuleSetChange change, LazyNodeRuleSet rules)
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            if (_past.Count == MaxPast)
                _forgotten = _past.Dequeue().Version;
            _past.Enqueue(change);
            _current = new(change.Version, rules);
            (changed, _changed) = (_changed, new(TaskCreationOptions.RunContinuationsAsynchronously));
        }
        changed.SetResult();
    }

    /// <summary>Completes when there is a revision later than this one.</summary>
    public Task WaitForVersionAfterAsync(long number)
    {
        lock (_lock)
            return _current.Version > number ? Task.CompletedTask : _changed.Task;
    }

    /// <summary>Returns how many changes came after this number; 1 when they are no longer stored.</summary>
    public int CountChangesAfter(long number)
    {
        lock (_lock)
            return _past.Count(c => c.Version > number) is not 0 and var count ? count : _current.Version > number ? 1 : 0;
    }

    /// <summary>Returns the difference between a past state and the current one.</summary>
    public (RuleSetVersion To, NodeRuleSetDelta Delta, DateTimeOffset CausedAt) GetChangesSince(RuleSetVersion from)
    {
        RuleSetVersion current;
        RuleSetChange[] steps;
        bool isWhole;
        lock (_lock)
        {
            current = _current;
            steps = [.. _past.Where(c => c.Version > from.Version)];
            isWhole = from.Version >= _forgotten;
        }
        if (steps.Length == 0)
            throw new InvalidOperationException($"nothing changed since revision {from.Version}");
        var delta = isWhole ? NodeRuleSetDelta.Merge([.. steps.Select(s => s.Delta)]) : NodeRuleSetDelta.Between(from.Rules, current.Rules);
        return (current, delta, steps[0].CausedAt);
    }

    /// <summary>Returns the first revision after this one that changed the node, or an earlier one when that is no longer stored; null when none did.</summary>
    public long? FirstVersionAfter(long number)
    {
        lock (_lock)
        {
            if (_current.Version <= number)
                return null;
            return number < _forgotten ? number + 1 : _past.First(c => c.Version > number).Version;
        }
    }
}

/// <summary>One change of a node's rules: the difference of revision <paramref name="Version"/>, and when its oldest event reached the controller.</summary>
internal sealed record RuleSetChange(long Version, NodeRuleSetDelta Delta, DateTimeOffset CausedAt);

/// <summary>A state of one node's rules.</summary>
internal sealed class RuleSetVersion(long number, LazyNodeRuleSet rules)
{
    /// <summary>The revision of <see cref="RuleSetStore"/> that made them; 0 when no change has affected the node yet.</summary>
    public long Version { get; } = number;

    /// <summary>
    /// Whether they are for this node alone: with policies isolated, or after a part of a larger change. The history does not contain such states.
    /// </summary>
    public bool IsNodeSpecific { get; init; }

    /// <summary>The rules; the first access costs a pass over them.</summary>
    public NodeRuleSet Rules => rules.RuleSet;
}
