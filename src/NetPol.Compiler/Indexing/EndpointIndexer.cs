using System.Runtime.InteropServices;
using NetPol.Model;
using NetPol.Model.Cluster;

namespace NetPol.Compiler.Indexing;

/// <summary>
/// Sorts pods into shapes (what selectors can see), addresses into sets of shapes (two pods may share an address), and those into
/// kinds (selected by the same traits, with the same named ports). Selectors are tried on shapes alone.
/// </summary>
internal sealed class EndpointIndexer(Trait[] traits, FlatPolicy[] policies, Dictionary<NamedPort, int> ports, SequenceTrie portSets)
{
    private readonly SequenceTrie _shapeTexts = new();
    private readonly Dictionary<int, PodShape> _shapeOfText = [];
    private readonly List<PodShape> _shapes = [];
    private readonly Dictionary<KeyValuePair<string, string>, int> _labels = new(LabelComparer.Instance);
    private readonly Dictionary<string, int> _namespaces = new(StringComparer.Ordinal);
    private readonly SequenceTrie _shapeSets = new();

    public Endpoints Index(ClusterSnapshot snapshot)
    {
        var (addresses, setOf) = Addresses(snapshot);
        var sets = setOf.Distinct().Order().ToArray();
        var traitsOf = TraitsOf(sets, snapshot.Namespaces, out var traitSets);

        var kinds = new List<EndpointKind>();
        var kindsOfTrait = new List<int>[traits.Length];
        var policiesOfTrait = PoliciesOfTrait();
        var kindOfContent = new Dictionary<(int Traits, int Ports), int>();
        var kindOfSet = new int[_shapeSets.Count];
        foreach (var set in sets)
        {
            var content = (traitsOf[set], PortsOf(set));
            ref var kind = ref CollectionsMarshal.GetValueRefOrAddDefault(kindOfContent, content, out var known);
            if (!known)
            {
                kind = kinds.Count;
                var selectedBy = traitSets.Read(content.Item1);
                kinds.Add(new([.. selectedBy.SelectMany(t => policiesOfTrait[t] ?? []).Order()], content.Item2));
                foreach (var trait in selectedBy)
                    (kindsOfTrait[trait] ??= []).Add(kind);
            }
            kindOfSet[set] = kind;
        }
        return new(
            addresses,
            [.. setOf.Select(set => kindOfSet[set])],
            [.. kinds],
            [.. kindsOfTrait.Select(list => list?.ToArray() ?? [])]);
    }

    private (IpAddress[] Addresses, int[] SetOf) Addresses(ClusterSnapshot snapshot)
    {
        var pairs = new List<(IpAddress Address, int Shape)>();
        foreach (var pod in snapshot.Pods)
        {
            if (!pod.IsSelectable || pod.Addresses.IsEmpty)
                continue;
            var shape = Shape(pod);
            foreach (var address in pod.Addresses)
                pairs.Add((address, shape.Number));
        }
        pairs.Sort();
        var addresses = new List<IpAddress>(pairs.Count);
        var sets = new List<int>(pairs.Count);
        for (var i = 0; i < pairs.Count; i++)
        {
            var (address, shape) = pairs[i];
            if (i == 0 || pairs[i - 1].Address != address)
            {
                addresses.Add(address);
                sets.Add(_shapeSets.Next(SequenceTrie.Root, shape));
            }
            else if (pairs[i - 1].Shape != shape)
            {
                sets[^1] = _shapeSets.Next(sets[^1], shape);
            }
        }
        return ([.. addresses], [.. sets]);
    }

    private PodShape Shape(Pod pod)
    {
        ref var space = ref CollectionsMarshal.GetValueRefOrAddDefault(_namespaces, pod.Id.Namespace, out var known);
        if (!known)
            space = _namespaces.Count - 1;
        var portSet = portSets.Of(pod.Ports
            .Where(p => p.Name is not null)
            .Select(p => ports.GetValueOrDefault(new(p.Protocol, p.Name!, p.Number), -1))
            .Where(trait => trait >= 0).Distinct().Order().ToArray());
        var text = _shapeTexts.Next(_shapeTexts.Next(SequenceTrie.Root, space), portSet);
        foreach (var pair in pod.Labels.Pairs)
        {
            ref var label = ref CollectionsMarshal.GetValueRefOrAddDefault(_labels, pair, out known);
            if (!known)
                label = _labels.Count - 1;
            text = _shapeTexts.Next(text, label);
        }
        ref var shape = ref CollectionsMarshal.GetValueRefOrAddDefault(_shapeOfText, text, out known);
        if (!known)
            _shapes.Add(shape = new(_shapes.Count, pod.Id.Namespace, pod.Labels, portSet));
        return shape!;
    }

    /// <summary>For each set of shapes the traits of pods that select any of them, as a state of <paramref name="traitSets"/>.</summary>
    private int[] TraitsOf(int[] sets, ValueArray<Namespace> namespaces, out SequenceTrie traitSets)
    {
        traitSets = new();
        var state = new int[_shapeSets.Count];
        var lastTrait = new int[_shapeSets.Count];
        Array.Fill(lastTrait, -1);
        var setsOfShape = SetsOfShape(sets);
        var selector = new ShapeSelector(namespaces, [.. _shapes]);
        for (var trait = 0; trait < traits.Length; trait++)
        {
            if (traits[trait].Pods is not { } selection)
                continue;
            foreach (var shape in selector.Select(selection))
            {
                foreach (var set in setsOfShape[shape.Number])
                {
                    if (lastTrait[set] == trait)
                        continue;
                    lastTrait[set] = trait;
                    state[set] = traitSets.Next(state[set], trait);
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

    private int PortsOf(int set) =>
        portSets.Of(_shapeSets.Read(set).SelectMany(shape => portSets.Read(_shapes[shape].Ports)).Distinct().Order().ToArray());

    private List<int>[] PoliciesOfTrait()
    {
        var found = new List<int>[traits.Length];
        for (var i = 0; i < policies.Length; i++)
            (found[policies[i].Subject] ??= []).Add(i);
        return found;
    }
}
