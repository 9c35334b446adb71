using NetPol.Compiler.Building;
using NetPol.Compiler.Indexing;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Budgets;

/// <summary>What the NetworkPolicies of one namespace cost in one direction. It lives for one count.</summary>
internal sealed class SideCost
{
    private readonly ClusterIndex _index;
    private readonly Func<int, bool> _isLive;
    private readonly Direction _direction;
    private readonly Dictionary<int, List<FlatPolicy>> _bySubject = [];
    private readonly List<FlatRule> _rules;
    private readonly HashSet<int> _traits;
    private readonly HashSet<string> _names;
    private readonly Dictionary<int, GroupCost?> _ofKind = [];
    private readonly Dictionary<(int Policies, int Ports), GroupCost> _groups = [];
    private readonly SequenceTrie _lists = new();
    private readonly Dictionary<PolicyId, int> _numberOf = [];
    private List<int[]>? _classes;

    /// <param name="index">The cluster.</param>
    /// <param name="isLive">Whether any address is of a kind.</param>
    /// <param name="direction">The direction.</param>
    /// <param name="policies">The namespace's NetworkPolicies, in order.</param>
    public SideCost(ClusterIndex index, Func<int, bool> isLive, Direction direction, IEnumerable<FlatPolicy> policies)
    {
        (_index, _isLive, _direction) = (index, isLive, direction);
        var speaking = policies.Where(p => p.Speaks(direction)).ToList();
        foreach (var policy in speaking)
        {
            _numberOf.Add(policy.Policy.Id, _numberOf.Count);
            if (!_bySubject.TryGetValue(policy.Subject, out var list))
                _bySubject[policy.Subject] = list = [];
            list.Add(policy);
        }
        _rules = [.. speaking.SelectMany(p => p.Rules(direction))];
        _traits = [.. _rules.SelectMany(r => r.Traits)];
        _names = _rules.SelectMany(r => r.Names).Select(n => n.Name).ToHashSet(StringComparer.Ordinal);
        Policies = speaking.Count;
        Rules = _rules.Count;
        var ports = _names.Count > 0 ? _index.Ports.Traits.Count(IsNamed) : 0;
        Ranges = _rules.Sum(r => Math.Max(1L, r.Numbers.Length + (r.Names.Length > 0 ? ports : 0)));
        MostClasses = Bound(direction == Direction.Egress ? ports : 0);
    }

    public int Policies { get; }

    public int Rules { get; }

    /// <summary>At least as many port ranges as the rules have; a name counts as all ports that any pod has under it.</summary>
    public long Ranges { get; }

    /// <summary>At least as many classes as there are, by the numbers of traits, of kinds of pods and of networks alone.</summary>
    public long MostClasses { get; }

    /// <summary>The sets of traits that the rules tell apart in the peers that there are, each once. Not empty sets. Found by <see cref="TryFindClasses"/>.</summary>
    /// <exception cref="InvalidOperationException">They are not found yet.</exception>
    public List<int[]> Classes => _classes ?? throw new InvalidOperationException("the classes are not found yet");

    public bool IsPort(int trait) => _index.Traits[trait].Port is not null;

    /// <summary>The group of subjects of a kind; null when no policy selects them.</summary>
    public GroupCost? GroupOf(int kind)
    {
        if (_ofKind.TryGetValue(kind, out var known))
            return known;
        return _ofKind[kind] = Group(_index.Endpoints.Kinds[kind]);
    }

    /// <summary>Finds <see cref="Classes"/>; false when there are more than so many pairs of a range of addresses and a rule that names it.</summary>
    public bool TryFindClasses(long mostOverlaps)
    {
        var sets = new SequenceTrie();
        var partitioner = new NetworkPartitioner(_index.Traits, sets);
        _rules.ForEach(partitioner.Add);
        if (partitioner.TryPartition(t => _index.RangesOfTrait[t], mostOverlaps) is not { } networks)
            return false;
        var found = networks.Select(n => n.Class).Distinct().Select(sets.Read).ToHashSet(TraitSets.Comparer);
        var kinds = Kinds();
        if (networks.Count == 0)
        {
            found.UnionWith(kinds.Values);
            _classes = [.. found];
            return true;
        }
        // A pod's class holds its network too.
        var cursor = new NetworkCursor(networks);
        var seen = new HashSet<(int[], int)>();
        for (var a = 0; a < _index.Endpoints.Addresses.Length; a++)
        {
            var network = cursor.At(_index.Endpoints.Addresses[a]);
            if (kinds.TryGetValue(_index.Endpoints.KindOf[a], out var traits) && seen.Add((traits, network)))
                found.Add([.. traits, .. sets.Read(network)]);
        }
        _classes = [.. found];
        return true;
    }

    /// <summary>Either every set of traits is a class, or every kind of pods in every interval of the networks is one; intervals that the same rules match are one.</summary>
    private long Bound(int ports)
    {
        long kinds = 1, intervals = 1;
        foreach (var trait in _traits)
        {
            kinds += _index.Endpoints.KindsOfTrait[trait].Count;
            intervals += 2L * _index.RangesOfTrait[trait].Length;
        }
        var naming = _rules.Count(r => Array.Exists(r.Traits, t => _index.Traits[t].Addresses is not null));
        if (naming < 20)
            intervals = Math.Min(intervals, 1L << naming);
        if (ports > 0)
            kinds += _index.Ports.Traits.Where(IsNamed).Sum(t => (long)_index.Endpoints.KindsOfTrait[t].Count);
        return _traits.Count + ports < 20 ? Math.Min(kinds * intervals, 1L << (_traits.Count + ports)) : kinds * intervals;
    }

    private GroupCost? Group(EndpointKind kind)
    {
        var policies = kind.Traits.SelectMany(t => _bySubject.GetValueOrDefault(t, [])).OrderBy(p => _numberOf[p.Policy.Id]).ToList();
        if (policies.Count == 0)
            return null;
        // In ingress a named port is the subject's.
        int[] ports = _direction == Direction.Ingress && policies.Exists(p => p.Ingress.Any(r => r.Names.Length > 0)) ? Ports(kind) : [];
        var key = (_lists.Of([.. policies.Select(p => _numberOf[p.Policy.Id])]), _lists.Of(ports));
        if (!_groups.TryGetValue(key, out var group))
            _groups[key] = group = new(_direction, policies, ports.Length);
        return group;
    }

    /// <summary>By kind of pods that any rule looks at: the traits that rules look at; equal ones are one array.</summary>
    private Dictionary<int, int[]> Kinds()
    {
        var asks = _direction == Direction.Egress && _names.Count > 0;
        var looked = _traits.Concat(asks ? _index.Ports.Traits.Where(IsNamed) : []);
        var distinct = new Dictionary<int[], int[]>(TraitSets.Comparer);
        var found = new Dictionary<int, int[]>();
        foreach (var kind in looked.SelectMany(t => _index.Endpoints.KindsOfTrait[t]).Where(_isLive))
        {
            if (found.ContainsKey(kind))
                continue;
            var content = _index.Endpoints.Kinds[kind];
            int[] projected = [.. content.Traits.Where(_traits.Contains), .. asks ? Ports(content) : []];
            if (!distinct.TryGetValue(projected, out var first))
                distinct[projected] = first = projected;
            found[kind] = first;
        }
        return found;
    }

    /// <summary>The ports of a kind that the rules ask for by name. What other policies ask for does not count.</summary>
    private int[] Ports(EndpointKind kind) => [.. _index.Ports.Sets.Read(kind.Ports).Where(IsNamed)];

    private bool IsNamed(int port) => _names.Contains(_index.Traits[port].Port!.Value.Name);
}
