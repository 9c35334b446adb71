using NetPol.Compiler.Selection;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Budgets;

/// <summary>What the NetworkPolicies of one namespace cost in one direction. It lives for one count.</summary>
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
    /// <param name="isLive">Whether any address is of a kind.</param>
    /// <param name="direction">The direction.</param>
    /// <param name="policies">The namespace's NetworkPolicies, in order.</param>
    public DirectionCost(ClusterIndex index, Func<int, bool> isLive, Direction direction, IEnumerable<NormalizedPolicy> policies)
    {
        (_index, _hasEndpoints, _direction) = (index, isLive, direction);
        var speaking = policies.Where(p => p.Applies(direction)).ToList();
        foreach (var policy in speaking)
        {
            _numberOf.Add(policy.Policy.Id, _numberOf.Count);
            if (!_bySubject.TryGetValue(policy.Subject, out var list))
                _bySubject[policy.Subject] = list = [];
            list.Add(policy);
        }
        _rules = [.. speaking.SelectMany(p => p.Rules(direction))];
        _matchers = [.. _rules.SelectMany(r => r.Matchers)];
        _names = _rules.SelectMany(r => r.PortNames).Select(n => n.Name).ToHashSet(StringComparer.Ordinal);
        PolicyCount = speaking.Count;
        RuleCount = _rules.Count;
        var ports = _names.Count > 0 ? _index.NamedPorts.Matchers.Count(IsNamed) : 0;
        MaxPortRanges = _rules.Sum(r => Math.Max(1L, r.PortNumbers.Length + (r.PortNames.Length > 0 ? ports : 0)));
        MaxIdentities = EstimateIdentities(direction == Direction.Egress ? ports : 0);
    }

    public int PolicyCount { get; }

    public int RuleCount { get; }

    /// <summary>At least as many port ranges as the rules have; a name counts as all ports that any pod has under it.</summary>
    public long MaxPortRanges { get; }

    /// <summary>At least as many classes as there are, by the numbers of traits, of kinds of pods and of networks alone.</summary>
    public long MaxIdentities { get; }

    /// <summary>The sets of traits that the rules tell apart in the peers that there are, each once. Not empty sets. Found by <see cref="TryFindIdentities"/>.</summary>
    /// <exception cref="InvalidOperationException">They are not found yet.</exception>
    public List<int[]> Identities => _identities ?? throw new InvalidOperationException("the classes are not found yet");

    public bool IsPort(int matcher) => _index.Matchers[matcher].Port is not null;

    /// <summary>The group of subjects of a kind; null when no policy selects them.</summary>
    public PolicySetCost? PolicySetOf(int endpointClass)
    {
        if (_costByEndpointClass.TryGetValue(endpointClass, out var known))
            return known;
        return _costByEndpointClass[endpointClass] = CreatePolicySetCost(_index.Endpoints.Classes[endpointClass]);
    }

    /// <summary>Finds <see cref="Identities"/>; false when there are more than so many pairs of a range of addresses and a rule that names it.</summary>
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
        // A pod's class holds its network too.
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

    /// <summary>Either every set of traits is a class, or every kind of pods in every interval of the networks is one; intervals that the same rules match are one.</summary>
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
        // In ingress a named port is the subject's.
        int[] ports = _direction == Direction.Ingress && policies.Exists(p => p.Ingress.Any(r => r.PortNames.Length > 0)) ? NamedPortsOf(endpointClass) : [];
        var key = (_lists.GetOrAdd([.. policies.Select(p => _numberOf[p.Policy.Id])]), _lists.GetOrAdd(ports));
        if (!_policySets.TryGetValue(key, out var policySet))
            _policySets[key] = policySet = new(_direction, policies, ports.Length);
        return policySet;
    }

    /// <summary>By kind of pods that any rule looks at: the traits that rules look at; equal ones are one array.</summary>
    private Dictionary<int, int[]> FindEndpointClasses()
    {
        var asks = _direction == Direction.Egress && _names.Count > 0;
        var looked = _matchers.Concat(asks ? _index.NamedPorts.Matchers.Where(IsNamed) : []);
        var distinct = new Dictionary<int[], int[]>(IntArrayComparer.Instance);
        var found = new Dictionary<int, int[]>();
        foreach (var endpointClass in looked.SelectMany(t => _index.Endpoints.ClassesByMatcher[t]).Where(_hasEndpoints))
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

    /// <summary>The ports of a kind that the rules ask for by name. What other policies ask for does not count.</summary>
    private int[] NamedPortsOf(EndpointClass endpointClass) => [.. _index.NamedPorts.Sets.Read(endpointClass.Ports).Where(IsNamed)];

    private bool IsNamed(int port) => _names.Contains(_index.Matchers[port].Port!.Value.Name);
}
