using System.Runtime.InteropServices;
using NetPol.Model;
using NetPol.Model.Cluster;

namespace NetPol.Compiler.Indexing;

/// <summary>
/// Sorts pods into shapes (what selectors can see), addresses into sets of shapes (two pods may share an address), and those into
/// kinds (selected by the same traits, with the same named ports). Selectors are tried on shapes alone, and on each only once.
/// </summary>
internal sealed class EndpointIndexer
{
    private readonly Trait[] _traits;
    private readonly NamedPorts _ports;
    private readonly ValueArray<Namespace> _namespaces;
    private readonly List<int>?[] _policiesOfTrait;
    private readonly SequenceTrie _shapeTexts = new();
    private readonly Dictionary<int, PodShape> _shapeOfText = [];
    private readonly List<PodShape> _shapes = [];
    private readonly Dictionary<KeyValuePair<string, string>, int> _labels = new(LabelComparer.Instance);
    private readonly Dictionary<string, int> _spaces = new(StringComparer.Ordinal);
    private readonly SequenceTrie _shapeSets = new();
    private readonly SequenceTrie _traitSets = new();
    private readonly Dictionary<int, int> _kindOfSet = [];
    private readonly Dictionary<(int Traits, int Ports), int> _kindOfContent = [];
    private ShapeSelector? _selector;

    public EndpointIndexer(Trait[] traits, FlatPolicy[] policies, NamedPorts ports, ValueArray<Namespace> namespaces)
    {
        (_traits, _ports, _namespaces) = (traits, ports, namespaces);
        _policiesOfTrait = new List<int>[traits.Length];
        for (var i = 0; i < policies.Length; i++)
            (_policiesOfTrait[policies[i].Subject] ??= []).Add(i);
        Endpoints = new([], [], [], [.. traits.Select(_ => new List<int>())]);
    }

    public Endpoints Endpoints { get; }

    /// <summary>How much is remembered, in no particular unit; grows with every shape and set of shapes that was ever met.</summary>
    public int Size => _shapeTexts.Count + _shapeSets.Count + _traitSets.Count;

    /// <summary>Takes all pods in at once; the first thing to be done.</summary>
    public void Fill(IEnumerable<Pod> pods)
    {
        var setOf = new List<int>();
        FillAddresses(pods, setOf);
        var sets = setOf.Distinct().Order().ToArray();
        _selector = new(_namespaces, [.. _shapes]);
        var traitsOf = TraitsOf(sets);
        foreach (var set in sets)
            _kindOfSet[set] = Kind(traitsOf[set], PortsOf(set));
        Endpoints.KindOf.AddRange(setOf.Select(set => _kindOfSet[set]));
    }

    /// <summary>Says which pods have an address now.</summary>
    /// <param name="address">The address.</param>
    /// <param name="pods">Selectable pods; none when nobody has it any more.</param>
    /// <returns>The kinds that it had and has; <see cref="Endpoints.None"/> where no pod has it.</returns>
    public (int Before, int After) Put(IpAddress address, IEnumerable<Pod> pods)
    {
        var set = _shapeSets.Of(pods.Select(Shape).Select(s => s.Number).Distinct().Order().ToArray());
        var kind = set == SequenceTrie.Root ? Endpoints.None : KindOf(set);
        return (Endpoints.Put(address, kind), kind);
    }

    private int KindOf(int set)
    {
        ref var kind = ref CollectionsMarshal.GetValueRefOrAddDefault(_kindOfSet, set, out var known);
        if (!known)
        {
            var shapes = _shapeSets.Read(set).Select(shape => _shapes[shape]).ToArray();
            var traits = Enumerable.Range(0, _traits.Length).Where(t => _traits[t].Pods is { } selection && shapes.Any(s => _selector!.Selects(selection, s)));
            kind = Kind(_traitSets.Of(traits.ToArray()), PortsOf(set));
        }
        return kind;
    }

    private int Kind(int traitSet, int ports)
    {
        ref var kind = ref CollectionsMarshal.GetValueRefOrAddDefault(_kindOfContent, (traitSet, ports), out var known);
        if (!known)
        {
            kind = Endpoints.Kinds.Count;
            var traits = _traitSets.Read(traitSet);
            Endpoints.Kinds.Add(new(traits, [.. traits.SelectMany(t => _policiesOfTrait[t] ?? []).Order()], ports));
            foreach (var trait in traits)
                Endpoints.KindsOfTrait[trait].Add(kind);
        }
        return kind;
    }

    private void FillAddresses(IEnumerable<Pod> pods, List<int> sets)
    {
        var pairs = new List<(IpAddress Address, int Shape)>();
        foreach (var pod in pods)
        {
            if (!pod.IsSelectable || pod.Addresses.IsEmpty)
                continue;
            var shape = Shape(pod);
            foreach (var address in pod.Addresses)
                pairs.Add((address, shape.Number));
        }
        pairs.Sort();
        for (var i = 0; i < pairs.Count; i++)
        {
            var (address, shape) = pairs[i];
            if (i == 0 || pairs[i - 1].Address != address)
            {
                Endpoints.Addresses.Add(address);
                sets.Add(_shapeSets.Next(SequenceTrie.Root, shape));
            }
            else if (pairs[i - 1].Shape != shape)
            {
                sets[^1] = _shapeSets.Next(sets[^1], shape);
            }
        }
    }

    private PodShape Shape(Pod pod)
    {
        ref var space = ref CollectionsMarshal.GetValueRefOrAddDefault(_spaces, pod.Id.Namespace, out var known);
        if (!known)
            space = _spaces.Count - 1;
        var ports = _ports.Of(pod);
        var text = _shapeTexts.Next(_shapeTexts.Next(SequenceTrie.Root, space), ports);
        foreach (var pair in pod.Labels.Pairs)
        {
            ref var label = ref CollectionsMarshal.GetValueRefOrAddDefault(_labels, pair, out known);
            if (!known)
                label = _labels.Count - 1;
            text = _shapeTexts.Next(text, label);
        }
        ref var shape = ref CollectionsMarshal.GetValueRefOrAddDefault(_shapeOfText, text, out known);
        if (!known)
            _shapes.Add(shape = new(_shapes.Count, pod.Id.Namespace, pod.Labels, ports));
        return shape!;
    }

    /// <summary>For each set of shapes the traits of pods that select any of them, as a state of the trie of trait sets.</summary>
    private int[] TraitsOf(int[] sets)
    {
        var state = new int[_shapeSets.Count];
        var lastTrait = new int[_shapeSets.Count];
        Array.Fill(lastTrait, -1);
        var setsOfShape = SetsOfShape(sets);
        for (var trait = 0; trait < _traits.Length; trait++)
        {
            if (_traits[trait].Pods is not { } selection)
                continue;
            foreach (var shape in _selector!.Select(selection))
            {
                foreach (var set in setsOfShape[shape.Number])
                {
                    if (lastTrait[set] == trait)
                        continue;
                    lastTrait[set] = trait;
                    state[set] = _traitSets.Next(state[set], trait);
                }
            }
        }
        return state;
    }

    private List<int>[] SetsOfShape(int[] sets)
    {
        var found = new List<int>[_shapes.Count];
        for (var i = 0; i < found.Length; i++)
            found[i] = [];
        foreach (var set in sets)
        {
            foreach (var shape in _shapeSets.Read(set))
                found[shape].Add(set);
        }
        return found;
    }

    private int PortsOf(int set) => _ports.Union(_shapeSets.Read(set).Select(shape => _shapes[shape].Ports));
}
