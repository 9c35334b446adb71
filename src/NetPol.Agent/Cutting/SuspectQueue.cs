using System.Threading.Channels;
using NetPol.Agent.Enforcing;
using NetPol.Model.Rules;

namespace NetPol.Agent.Cutting;

/// <summary>Collects whose connections changes of the rules may have forbidden, until they are judged again. Safe for any thread.</summary>
internal sealed class SuspectQueue : IRuleSetObserver
{
    private readonly Channel<bool> _signal = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Lock _lock = new();
    private Suspects _suspects = new();

    public void RulesChanged(NodeRuleSetDelta? change)
    {
        lock (_lock)
        {
            if (change is null)
                _suspects.AddEverybody();
            else
                _suspects.Add(change);
            if (!_suspects.IsEmpty)
                _signal.Writer.TryWrite(true);
        }
    }

    public void RulesBypassed()
    {
        lock (_lock)
            _suspects.AddUnproven();
    }

    /// <summary>Adds TCP connections that the kernel picked up in the middle.</summary>
    public void AddMidstream()
    {
        lock (_lock)
            _suspects.AddMidstream();
        _signal.Writer.TryWrite(true);
    }

    /// <summary>Puts back suspects whose connections could not be judged.</summary>
    public void Return(Suspects suspects)
    {
        lock (_lock)
            _suspects.Add(suspects);
        _signal.Writer.TryWrite(true);
    }

    /// <summary>Completes when there are suspects.</summary>
    public ValueTask<bool> WaitAsync(CancellationToken cancel) => _signal.Reader.ReadAsync(cancel);

    /// <summary>Removes all suspects and returns them.</summary>
    public Suspects Take()
    {
        lock (_lock)
        {
            var suspects = _suspects;
            _suspects = new();
            return suspects;
        }
    }
}
