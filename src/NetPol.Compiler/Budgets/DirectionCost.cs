using NetPol.Compiler.Selection;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Budgets;

/// <summary>The cost of one namespace's NetworkPolicies in one direction. Used for one count.</summary>
internal sealed class DirectionCost
{
    private readonly ClusterIndex _index;
    private readonly Func<int, bool> _hasEndpoints;
    private readonly Direction _direction;
    private readonly Dictionary<int, List<NormalizedPolicy>> _bySubject = [];
    private readonly List<NormalizedRule> _rules;
    private readonly HashSet<int> _matchers;
    private readonly HashSet<string> _names;
    private readonly Dictionary<int, PolicySetCost?> _costByEndpointClass = [];
    private readonly Dictionary<(int Policies, int Ports), PolicySetCost> _policySets = [];
    private readonly SequenceTrie _lists = new();
    private readonly Dictionary<PolicyId, int> _numberOf = [];
    private List<int[]>? _identities;

    /// <param name="index">The cluster.</param>
    /// <param name="isLive">Returns whether any address has an endpoint class.</param>
    /// <param name="direction">The direction.</param>
    /// <param name="policies">The namespace's NetworkPolicies, in order.</param>
    public DirectionCost(ClusterIndex index, Func<int, bool> isLive, Direction direction, IEnumerable<NormalizedPolicy> policies)
    {
        (_index, _hasEndpoints, _direction) = (index, isLive, direction);
        var applying = policies.Where(p => p.Applies(direction)).ToList();
        foreach (var policy in applying)
        {
            _numberOf.Add(policy.Policy.Id, _numberOf.Count);
            if (!_bySubject.TryGetValue(policy.Subject, out var list))
                _bySubject[policy.Subject] = list = [];
            list.Add(policy);
        }
        _rules = [.. applying.SelectMany(p => p.Rules(direction))];
        _matchers = [.. _rules.SelectMany(r => r.Matchers)];
        _names = _rules.SelectMany(r => r.PortNames).Select(n => n.Name).ToHashSet(StringComparer.Ordinal);
        PolicyCount = applying.Count;
        RuleCount = _rules.Count;
        var ports = _names.Count > 0 ? _index.NamedPorts.Matchers.Count(IsNamed) : 0;
        MaxPortRanges = _rules.Sum(r => Math.Max(1L, r.PortNumbers.Length + (r.PortNames.Length > 0 ? ports : 0)));
        MaxIdentities = EstimateIdentities(direction == Direction.Egress ? ports : 0);
    }

    public int PolicyCount { get; }

    public int RuleCount { get; }

    /// <summary>An upper bound for the port ranges of the rules. A port name counts as all ports of that name in any pod.</summary>
    public long MaxPortRanges { get; }

    /// <summary>An upper bound for the identities, from the numbers of matchers, endpoint classes and networks alone.</summary>
    public long MaxIdentities { get; }

    /// <summary>The distinct, nonempty sets of matchers of existing peers. <see cref="TryFindIdentities"/> finds them.</summary>
    /// <exception cref="InvalidOperationException"><see cref="TryFindIdentities"/> was not called.</exception>
    public List<int[]> Identities => _identities ?? throw new InvalidOperationException("the classes are not found yet");

    public bool IsPort(int matcher) => _index.Matchers[matcher].Port is not null;

    /// <summary>Returns the cost of the policy set of an endpoint class. Null if no policy selects it.</summary>
    public PolicySetCost? PolicySetOf(int endpointClass)
    {
        if (_costByEndpointClass.TryGetValue(endpointClass, out var known))
            return known;
        return _costByEndpointClass[endpointClass] = CreatePolicySetCost(_index.Endpoints.Classes[endpointClass]);
    }

    /// <summary>Finds <see cref="Identities"/>. Returns false if the pairs of an address range and a rule that matches it exceed the limit.</summary>
    public bool TryFindIdentities(long mostOverlaps)
    {
        var sets = new SequenceTrie();
        var partitioner = new CidrPartitioner(_index.Matchers, sets);
        _rules.ForEach(partitioner.Add);
        if (partitioner.TryPartition(t => _index.RangesByMatcher[t], mostOverlaps) is not { } networks)
            return false;
        var found = networks.Select(n => n.Identity).Distinct().Select(sets.Read).ToHashSet(IntArrayComparer.Instance);
        var endpointClasses = FindEndpointClasses();
        if (networks.Count == 0)
        {
            found.UnionWith(endpointClasses.Values);
            _identities = [.. found];
            return true;
        }
        // A pod's identity includes the identity of its network.
        var cursor = new RangeCursor(networks);
        var seen = new HashSet<(int[], int)>();
        for (var a = 0; a < _index.Endpoints.Addresses.Length; a++)
        {
            var network = cursor.IdentityAt(_index.Endpoints.Addresses[a]);
            if (endpointClasses.TryGetValue(_index.Endpoints.ClassOf[a], out var matchers) && seen.Add((matchers, network)))
                found.Add([.. matchers, .. sets.Read(network)]);
        }
        _identities = [.. found];
        return true;
    }

    /// <summary>Returns the smaller of two bounds: the sets of matchers, and the pairs of an endpoint class and a network interval.</summary>
    private long EstimateIdentities(int ports)
    {
        long endpointClasses = 1, intervals = 1;
        foreach (var matcher in _matchers)
        {
            endpointClasses += _index.Endpoints.ClassesByMatcher[matcher].Count;
            intervals += 2L * _index.RangesByMatcher[matcher].Length;
        }
        var naming = _rules.Count(r => Array.Exists(r.Matchers, t => _index.Matchers[t].Addresses is not null));
        if (naming < 20)
            intervals = Math.Min(intervals, 1L << naming);
        if (ports > 0)
            endpointClasses += _index.NamedPorts.Matchers.Where(IsNamed).Sum(t => (long)_index.Endpoints.ClassesByMatcher[t].Count);
        return _matchers.Count + ports < 20 ? Math.Min(endpointClasses * intervals, 1L << (_matchers.Count + ports)) : endpointClasses * intervals;
    }

    private PolicySetCost? CreatePolicySetCost(EndpointClass endpointClass)
    {
        var policies = endpointClass.Matchers.SelectMany(t => _bySubject.GetValueOrDefault(t, [])).OrderBy(p => _numberOf[p.Policy.Id]).ToList();
        if (policies.Count == 0)
            return null;
        // For ingress, named ports resolve on the subject.
        int[] ports = _direction == Direction.Ingress && policies.Exists(p => p.Ingress.Any(r => r.PortNames.Length > 0)) ? NamedPortsOf(endpointClass) : [];
        var key = (_lists.GetOrAdd([.. policies.Select(p => _numberOf[p.Policy.Id])]), _lists.GetOrAdd(ports));
        if (!_policySets.TryGetValue(key, out var policySet))
            _policySets[key] = policySet = new(_direction, policies, ports.Length);
        return policySet;
    }

    /// <summary>Returns, for each endpoint class that some rule matches, its used matchers. Equal sets share one array.</summary>
    private Dictionary<int, int[]> FindEndpointClasses()
    {
        var asks = _direction == Direction.Egress && _names.Count > 0;
        var used = _matchers.Concat(asks ? _index.NamedPorts.Matchers.Where(IsNamed) : []);
        var distinct = new Dictionary<int[], int[]>(IntArrayComparer.Instance);
        var found = new Dictionary<int, int[]>();
        foreach (var endpointClass in used.SelectMany(t => _index.Endpoints.ClassesByMatcher[t]).Where(_hasEndpoints))
        {
            if (found.ContainsKey(endpointClass))
                continue;
            var content = _index.Endpoints.Classes[endpointClass];
            int[] projected = [.. content.Matchers.Where(_matchers.Contains), .. asks ? NamedPortsOf(content) : []];
            if (!distinct.TryGetValue(projected, out var first))
                distinct[projected] = first = projected;
            found[endpointClass] = first;
        }
        return found;
    }

    /// <summary>Returns the named ports of an endpoint class that these rules use. Names in other policies do not count.</summary>
    private int[] NamedPortsOf(EndpointClass endpointClass) => [.. _index.NamedPorts.Sets.Read(endpointClass.Ports).Where(IsNamed)];

    private bool IsNamed(int port) => _names.Contains(_index.Matchers[port].Port!.Value.Name);
}
