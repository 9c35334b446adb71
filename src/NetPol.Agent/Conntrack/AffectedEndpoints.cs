using System.Threading.Channels;
using NetPol.Agent.Dataplane;
using NetPol.Model.Net;
using NetPol.Model.RuleSets;

namespace NetPol.Agent.Conntrack;

/// <summary>The addresses whose connections may be forbidden after changes of the rules. A change that only allows more affects no address. Not for use by two threads at once.</summary>
internal sealed class AffectedEndpoints
{
    /// <summary>With more ranges than this, it costs less to check the connections of all addresses.</summary>
    private const int MaxRanges = 64;

    private readonly HashSet<IpAddress> _addresses = [];
    private readonly List<AddressRange> _ranges = [];
    private bool _includesAll;

    public bool IsEmpty => !_includesAll && !IncludesMidstream && _addresses.Count == 0 && _ranges.Count == 0;

    /// <summary>Whether to evaluate both directions of TCP connections that the kernel picked up in the middle, of all addresses.</summary>
    public bool IncludesMidstream { get; private set; }

    /// <summary>Whether connections may have begun with packets that no rule evaluated. Then the kernel's original direction may be wrong, so both directions are evaluated.</summary>
    public bool AreUnverified { get; private set; }

    public bool Contains(IpAddress address) => _includesAll || _addresses.Contains(address) || _ranges.Exists(r => r.Contains(address));

    public void AddAll() => _includesAll = true;

    /// <summary>Adds all connections, and marks them as begun before these rules.</summary>
    public void AddAllUnverified() => _includesAll = AreUnverified = true;

    /// <summary>Adds TCP connections that the kernel picked up in the middle.</summary>
    public void AddMidstream() => IncludesMidstream = true;

    public void Add(AffectedEndpoints others)
    {
        IncludesMidstream |= others.IncludesMidstream;
        AreUnverified |= others.AreUnverified;
        _includesAll |= others._includesAll;
        _addresses.UnionWith(others._addresses);
        Add(others._ranges);
    }

    public void Add(NodeRuleSetDelta change)
    {
        _includesAll |= !change.NodeAddresses.IsEmpty;
        Add(change.PodCidrs.Added.Select(n => n.Range));
        _addresses.UnionWith(change.ReadyPods.Removed);
        foreach (var point in Enum.GetValues<EnforcementPoint>())
            Add(change.RulesAt(point));
    }

    // No policy selects a removed subject. Each other removed entry may uncover one that denies.
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
        _includesAll |= _ranges.Count > MaxRanges;
        if (_includesAll)
            _ranges.Clear();
    }

    private static IEnumerable<T> AddedAndRemoved<T>(ListChange<T> change) => change.Removed.Concat(change.Added);
}

/// <summary>Collects the addresses whose connections changes of the rules may forbid, until the cleaner evaluates them again. Safe for any thread.</summary>
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

    /// <summary>Puts back addresses whose connections could not be evaluated.</summary>
    public void Requeue(AffectedEndpoints affectedEndpoints)
    {
        lock (_lock)
            _affectedEndpoints.Add(affectedEndpoints);
        _signal.Writer.TryWrite(true);
    }

    /// <summary>Completes when there are affected addresses.</summary>
    public ValueTask<bool> WaitAsync(CancellationToken cancel) => _signal.Reader.ReadAsync(cancel);

    /// <summary>Removes all affected addresses and returns them.</summary>
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
