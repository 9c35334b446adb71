using NetPol.Model;
using NetPol.Model.Rules;

namespace NetPol.Agent.Cutting;

/// <summary>Whose connections changes of the rules may have forbidden. What only lets more through suspects nobody. Not for use by two threads at once.</summary>
internal sealed class Suspects
{
    /// <summary>With more ranges than these it costs less to suspect everybody.</summary>
    private const int MostRanges = 64;

    private readonly HashSet<IpAddress> _addresses = [];
    private readonly List<AddressRange> _ranges = [];
    private bool _isEverybody;

    public bool IsEmpty => !_isEverybody && !AreMidstream && _addresses.Count == 0 && _ranges.Count == 0;

    /// <summary>Whether TCP connections that the kernel picked up in the middle are judged in both directions, whoever has them.</summary>
    public bool AreMidstream { get; private set; }

    /// <summary>Whether connections may have begun by packets that nothing judged, so that the kernel's original direction proves nothing: all are judged in both directions.</summary>
    public bool AreUnproven { get; private set; }

    public bool Contains(IpAddress address) => _isEverybody || _addresses.Contains(address) || _ranges.Exists(r => r.Contains(address));

    public void AddEverybody() => _isEverybody = true;

    /// <summary>Everybody's connections, none of which began under these rules.</summary>
    public void AddUnproven() => _isEverybody = AreUnproven = true;

    /// <summary>TCP connections that the kernel picked up in the middle.</summary>
    public void AddMidstream() => AreMidstream = true;

    public void Add(Suspects others)
    {
        AreMidstream |= others.AreMidstream;
        AreUnproven |= others.AreUnproven;
        _isEverybody |= others._isEverybody;
        _addresses.UnionWith(others._addresses);
        Add(others._ranges);
    }

    public void Add(NodeRuleSetDelta change)
    {
        _isEverybody |= !change.NodeAddresses.IsEmpty;
        Add(change.PodNetworks.Added.Select(n => n.Range));
        _addresses.UnionWith(change.KnownPods.Removed);
        foreach (var hook in Enum.GetValues<Hook>())
            Add(change.Rules(hook));
    }

    // A subject that leaves is judged no more; whatever else leaves gives way to something that may deny.
    private void Add(HookRulesDelta change)
    {
        _addresses.UnionWith(change.Rest.Added.Select(r => r.Subject));
        _addresses.UnionWith(Both(change.Self).Select(s => s.Subject));
        _addresses.UnionWith(Both(change.Cells).Select(c => c.Subject));
        _addresses.UnionWith(Both(change.Peers).Select(p => p.Address));
        Add(Both(change.Networks).Select(n => n.Range));
    }

    private void Add(IEnumerable<AddressRange> ranges)
    {
        _ranges.AddRange(ranges);
        _isEverybody |= _ranges.Count > MostRanges;
        if (_isEverybody)
            _ranges.Clear();
    }

    private static IEnumerable<T> Both<T>(Change<T> change) => change.Removed.Concat(change.Added);
}
