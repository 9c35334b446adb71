using NetPol.Compiler.Ports;
using NetPol.Compiler.Selection;

namespace NetPol.Compiler.RuleSets;

/// <summary>The matchers that the policy sets of one enforcement point use. Reused for each enforcement point.</summary>
internal sealed class MatcherUsage(PeerMatcherTable matchers)
{
    private readonly List<List<int>?> _policySetsOf = [];
    private readonly Dictionary<int, SortedSet<int>> _portsBeside = [];
    private readonly SortedSet<int> _portsBesideAnyone = [];
    private readonly List<int> _used = [];

    /// <summary>The used matchers, ascending.</summary>
    public List<int> Used => _used;

    public bool UsesPorts => _portsBesideAnyone.Count > 0 || _portsBeside.Count > 0;

    /// <param name="policySets">The policy sets by number. Null for a free number.</param>
    public void Reset(PolicySet?[] policySets)
    {
        foreach (var matcher in _used)
            _policySetsOf[matcher]!.Clear();
        _used.Clear();
        _portsBeside.Clear();
        _portsBesideAnyone.Clear();
        while (_policySetsOf.Count < matchers.Count)
            _policySetsOf.Add(null);
        for (var policySet = 0; policySet < policySets.Length; policySet++)
        {
            if (policySets[policySet] is { } content)
                Reset(policySet, content);
        }
        _used.Sort();
    }

    public bool IsUsed(int matcher) => _policySetsOf[matcher] is { Count: > 0 };

    /// <summary>The policy sets that use a matcher, ascending.</summary>
    public List<int> PolicySetsUsing(int matcher) => _policySetsOf[matcher]!;

    /// <summary>Whether some rule combines a port matcher with any of these peer matchers.</summary>
    public bool IsPortUsed(int port, List<int> peer)
    {
        if (_portsBesideAnyone.Contains(port))
            return true;
        foreach (var matcher in peer)
        {
            if (_portsBeside.TryGetValue(matcher, out var ports) && ports.Contains(port))
                return true;
        }
        return false;
    }

    private void Reset(int number, PolicySet policySet)
    {
        foreach (var matcher in policySet.Matchers)
        {
            var users = _policySetsOf[matcher] ??= [];
            if (users.Count == 0)
                _used.Add(matcher);
            users.Add(number);
        }
        foreach (var (peer, ports) in policySet.PortMatchersByPeer)
            PortsBeside(peer).UnionWith(ports);
    }

    private SortedSet<int> PortsBeside(int peer)
    {
        if (peer < 0)
            return _portsBesideAnyone;
        if (!_portsBeside.TryGetValue(peer, out var ports))
            _portsBeside[peer] = ports = [];
        return ports;
    }
}
