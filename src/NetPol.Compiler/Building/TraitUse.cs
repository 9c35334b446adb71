using NetPol.Compiler.Flattening;
using NetPol.Compiler.Indexing;

namespace NetPol.Compiler.Building;

/// <summary>The matchers that the policy sets of one enforcement point use. Reused for each enforcement point.</summary>
internal sealed class TraitUse(TraitTable traits)
{
    private readonly List<List<int>?> _groupsOf = [];
    private readonly Dictionary<int, SortedSet<int>> _portsBeside = [];
    private readonly SortedSet<int> _portsBesideAnyone = [];
    private readonly List<int> _used = [];

    /// <summary>Ascending.</summary>
    public List<int> Used => _used;

    public bool UsesPorts => _portsBesideAnyone.Count > 0 || _portsBeside.Count > 0;

    /// <param name="groups">The policy sets by number. Null for a free number.</param>
    public void Begin(SubjectGroup?[] groups)
    {
        foreach (var trait in _used)
            _groupsOf[trait]!.Clear();
        _used.Clear();
        _portsBeside.Clear();
        _portsBesideAnyone.Clear();
        while (_groupsOf.Count < traits.Count)
            _groupsOf.Add(null);
        for (var group = 0; group < groups.Length; group++)
        {
            if (groups[group] is { } content)
                Begin(group, content);
        }
        _used.Sort();
    }

    public bool IsUsed(int trait) => _groupsOf[trait] is { Count: > 0 };

    /// <summary>The policy sets that use a matcher, ascending.</summary>
    public List<int> GroupsOf(int trait) => _groupsOf[trait]!;

    /// <summary>Whether some rule combines a port matcher with any of these peer matchers.</summary>
    public bool LooksAt(int port, List<int> peer)
    {
        if (_portsBesideAnyone.Contains(port))
            return true;
        foreach (var trait in peer)
        {
            if (_portsBeside.TryGetValue(trait, out var ports) && ports.Contains(port))
                return true;
        }
        return false;
    }

    private void Begin(int number, SubjectGroup group)
    {
        foreach (var trait in group.Traits)
        {
            var users = _groupsOf[trait] ??= [];
            if (users.Count == 0)
                _used.Add(trait);
            users.Add(number);
        }
        foreach (var (peer, ports) in group.PortsBeside)
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
