using System.Threading.Channels;
using NetPol.Agent.Dataplane;
using NetPol.Model.Net;
using NetPol.Model.RuleSets;

namespace NetPol.Agent.Conntrack;

/// <summary>Whose connections changes of the rules may have forbidden. What only lets more through suspects nobody. Not for use by two threads at once.</summary>
internal sealed class AffectedEndpoints
{
    /// <summary>With more ranges than these it costs less to suspect everybody.</summary>
    private const int MaxRanges = 64;

    private readonly HashSet<IpAddress> _addresses = [];
    private readonly List<AddressRange> _ranges = [];
    private bool _isEverybody;

    public bool IsEmpty => !_isEverybody && !IncludesMidstream && _addresses.Count == 0 && _ranges.Count == 0;

    /// <summary>Whether TCP connections that the kernel picked up in the middle are judged in both directions, whoever has them.</summary>
    public bool IncludesMidstream { get; private set; }

    /// <summary>Whether connections may have begun by packets that nothing judged, so that the kernel's original direction proves nothing: all are judged in both directions.</summary>
    public bool AreUnverified { get; private set; }

    public bool Contains(IpAddress address) => _isEverybody || _addresses.Contains(address) || _ranges.Exists(r => r.Contains(address));

    public void AddAll() => _isEverybody = true;

    /// <summary>Everybody's connections, none of which began under these rules.</summary>
    public void AddAllUnverified() => _isEverybody = AreUnverified = true;

    /// <summary>TCP connections that the kernel picked up in the middle.</summary>
    public void AddMidstream() => IncludesMidstream = true;

    public void Add(AffectedEndpoints others)
    {
        IncludesMidstream |= others.IncludesMidstream;
        AreUnverified |= others.AreUnverified;
        _isEverybody |= others._isEverybody;
        _addresses.UnionWith(others._addresses);
        Add(others._ranges);
    }

    public void Add(NodeRuleSetDelta change)
    {
        _isEverybody |= !change.NodeAddresses.IsEmpty;
        Add(change.PodCidrs.Added.Select(n => n.Range));
        _addresses.UnionWith(change.ReadyPods.Removed);
        foreach (var point in Enum.GetValues<EnforcementPoint>())
            Add(change.RulesAt(point));
    }

    // A subject that leaves is judged no more; whatever else leaves gives way to something that may deny.
    private void Add(EnforcementRulesDelta change)
    {
        _addresses.UnionWith(change.Defaults.Added.Select(r => r.Subject));
        _addresses.UnionWith(AddedAndRemoved(change.Self).Select(s => s.Subject));
        _addresses.UnionWith(AddedAndRemoved(change.PolicyEntries).Select(c => c.Subject));
        _addresses.UnionWith(AddedAndRemoved(change.Peers).Select(p => p.Address));
        Add(AddedAndRemoved(change.Networks).Select(n => n.Range));
    }

    private void Add(IEnumerable<AddressRange> ranges)
    {
        _ranges.AddRange(ranges);
        _isEverybody |= _ranges.Count > MaxRanges;
        if (_isEverybody)
            _ranges.Clear();
    }

    private static IEnumerable<T> AddedAndRemoved<T>(ListChange<T> change) => change.Removed.Concat(change.Added);
}

/// <summary>Collects whose connections changes of the rules may have forbidden, until they are judged again. Safe for any thread.</summary>
internal sealed class AffectedEndpointQueue : IRuleSetObserver
{
    private readonly Channel<bool> _signal = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Lock _lock = new();
    private AffectedEndpoints _affectedEndpoints = new();

    public void OnRulesProgrammed(NodeRuleSetDelta? change)
    {
        lock (_lock)
        {
            if (change is null)
                _affectedEndpoints.AddAll();
            else
                _affectedEndpoints.Add(change);
            if (!_affectedEndpoints.IsEmpty)
                _signal.Writer.TryWrite(true);
        }
    }

    public void OnRulesBypassed()
    {
        lock (_lock)
            _affectedEndpoints.AddAllUnverified();
    }

    /// <summary>Adds TCP connections that the kernel picked up in the middle.</summary>
    public void AddMidstream()
    {
        lock (_lock)
            _affectedEndpoints.AddMidstream();
        _signal.Writer.TryWrite(true);
    }

    /// <summary>Puts back suspects whose connections could not be judged.</summary>
    public void Requeue(AffectedEndpoints affectedEndpoints)
    {
        lock (_lock)
            _affectedEndpoints.Add(affectedEndpoints);
        _signal.Writer.TryWrite(true);
    }

    /// <summary>Completes when there are suspects.</summary>
    public ValueTask<bool> WaitAsync(CancellationToken cancel) => _signal.Reader.ReadAsync(cancel);

    /// <summary>Removes all suspects and returns them.</summary>
    public AffectedEndpoints TakeAll()
    {
        lock (_lock)
        {
            var affectedEndpoints = _affectedEndpoints;
            _affectedEndpoints = new();
            return affectedEndpoints;
        }
    }
}
