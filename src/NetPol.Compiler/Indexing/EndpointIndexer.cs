using System.Runtime.InteropServices;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Indexing;

/// <summary>
/// Classifies pods by signature (what selectors can see), addresses by sets of signatures (pods may share an address), and these sets by endpoint class
/// (selected by the same matchers, with the same named ports). Each selector is tried once per signature. Updates take effect with
/// <see cref="Settle"/>.
/// </summary>
internal sealed class EndpointIndexer(TraitTable traits, NamedPorts ports)
{
    private readonly ShapeSelector _selector = new();
    private readonly List<int> _traitsOfMany = [];
    private readonly Dictionary<string, List<int>> _traitsOfOne = new(StringComparer.Ordinal);
    private readonly SequenceTrie _shapeTexts = new();
    private readonly Dictionary<int, PodShape> _shapeOfText = [];
    private readonly List<PodShape> _shapes = [];
    private readonly Dictionary<KeyValuePair<string, string>, int> _labels = new(LabelComparer.Instance);
    private readonly Dictionary<string, int> _spaces = new(StringComparer.Ordinal);
    private readonly SequenceTrie _shapeSets = new();
    private readonly HashSet<int> _sets = [];
    private readonly List<List<int>> _setsOfShape = [];
    private readonly Dictionary<int, int> _kindOfSet = [];
    private readonly SequenceTrie _traitSets = new();
    private readonly Dictionary<string, FlowLogging> _logging = new(StringComparer.Ordinal);
    private readonly Dictionary<(int Traits, int Ports, FlowLogging Logging), int> _kindOfContent = [];
    private readonly HashSet<PodShape> _changed = [];
    private readonly SortedDictionary<IpAddress, int> _moved = [];
    private readonly SortedDictionary<IpAddress, int> _movedFinished = [];
    private Endpoints? _finished;

    public Endpoints Endpoints { get; } = new();

    /// <summary>The addresses that only finished pods have. They are subjects, but no peers.</summary>
    public Endpoints Finished => _finished ??= new(Endpoints);

    /// <summary>The amount of cached content, in no particular unit. It never shrinks.</summary>
    public int Size => _shapeTexts.Count + _shapeSets.Count + _traitSets.Count;

    /// <summary>Adds the next matcher of the table.</summary>
    public void Add(int trait)
    {
        Endpoints.KindsOfTrait.Add([]);
        if (traits[trait].Pods is not { } selection)
            return;
        TraitsOf(selection.Namespace).Add(trait);
        foreach (var shape in _selector.Select(selection))
        {
            shape.Traits.Add(trait);
            _changed.Add(shape);
        }
    }

    /// <summary>Updates a namespace. Null means that it was deleted.</summary>
    public void Put(string name, Namespace? value)
    {
        var logging = value?.Logging ?? FlowLogging.None;
        var isLoggedOtherwise = logging != _logging.GetValueOrDefault(name);
        if (logging == FlowLogging.None)
            _logging.Remove(name);
        else
            _logging[name] = logging;
        _selector.Put(name, value);
        foreach (var shape in _selector.In(name))
        {
            var selecting = TraitsOf(shape);
            if (!isLoggedOtherwise && selecting.SequenceEqual(shape.Traits))
                continue;
            shape.Traits = selecting;
            _changed.Add(shape);
        }
    }

    /// <summary>Updates the pods that have an address.</summary>
    /// <param name="address">The address.</param>
    /// <param name="selectable">The selectable pods. Empty if none has it.</param>
    /// <param name="finished">The finished pods. They are ignored while a selectable pod has the address.</param>
    public void Put(IpAddress address, Pod[] selectable, Pod[] finished)
    {
        _moved[address] = SetOf(selectable);
        _movedFinished[address] = selectable.Length > 0 ? SequenceTrie.Root : SetOf(finished);
    }

    /// <summary>Assigns endpoint classes to the updated addresses.</summary>
    /// <returns>The addresses whose endpoint class changed, ascending: those of selectable pods, and those of finished pods.</returns>
    public (List<AddressChange> Addresses, List<AddressChange> Finished) Settle()
    {
        var stale = _changed.SelectMany(s => _setsOfShape[s.Number]).Where(_kindOfSet.Remove).ToHashSet();
        var changes = Endpoints.Put(_moved, stale, KindOf);
        var finished = Finished.Put(_movedFinished, stale, KindOf);
        _changed.Clear();
        _moved.Clear();
        _movedFinished.Clear();
        return (changes, finished);
    }

    private List<int> TraitsOf(string? space)
    {
        if (space is null)
            return _traitsOfMany;
        ref var found = ref CollectionsMarshal.GetValueRefOrAddDefault(_traitsOfOne, space, out _);
        return found ??= [];
    }

    private List<int> TraitsOf(PodShape shape) =>
        [.. TraitsOf(shape.Namespace).Concat(_traitsOfMany).Where(t => _selector.Selects(traits[t].Pods!, shape)).Order()];

    private int SetOf(IEnumerable<Pod> pods)
    {
        var shapes = pods.Select(Shape).Select(s => s.Number).Distinct().Order().ToArray();
        var set = _shapeSets.Of(shapes);
        if (_sets.Add(set))
        {
            foreach (var shape in shapes)
                _setsOfShape[shape].Add(set);
        }
        return set;
    }

    private int KindOf(int set)
    {
        ref var kind = ref CollectionsMarshal.GetValueRefOrAddDefault(_kindOfSet, set, out var known);
        if (!known)
        {
            var shapes = _shapeSets.Read(set).Select(shape => _shapes[shape]).ToArray();
            var selecting = shapes.Length == 1 ? shapes[0].Traits : [.. shapes.SelectMany(s => s.Traits).Distinct().Order()];
            kind = KindOf(
                _traitSets.Of(CollectionsMarshal.AsSpan(selecting)), ports.Union(shapes.Select(s => s.Ports)),
                shapes.Max(s => _logging.GetValueOrDefault(s.Namespace)));
        }
        return kind;
    }

    private int KindOf(int traitSet, int portSet, FlowLogging logging)
    {
        ref var kind = ref CollectionsMarshal.GetValueRefOrAddDefault(_kindOfContent, (traitSet, portSet, logging), out var known);
        if (!known)
        {
            kind = Endpoints.Kinds.Count;
            var content = new EndpointKind(_traitSets.Read(traitSet), portSet, logging);
            Endpoints.Kinds.Add(content);
            foreach (var trait in content.Traits.Concat(ports.Sets.Read(portSet)))
                Endpoints.KindsOfTrait[trait].Add(kind);
        }
        return kind;
    }

    private PodShape Shape(Pod pod)
    {
        ref var space = ref CollectionsMarshal.GetValueRefOrAddDefault(_spaces, pod.Id.Namespace, out var known);
        if (!known)
            space = _spaces.Count - 1;
        var named = ports.Of(pod);
        var text = _shapeTexts.Next(_shapeTexts.Next(SequenceTrie.Root, space), named);
        foreach (var pair in pod.Labels.Pairs)
        {
            ref var label = ref CollectionsMarshal.GetValueRefOrAddDefault(_labels, pair, out known);
            if (!known)
                label = _labels.Count - 1;
            text = _shapeTexts.Next(text, label);
        }
        ref var shape = ref CollectionsMarshal.GetValueRefOrAddDefault(_shapeOfText, text, out known);
        if (!known)
        {
            shape = new(_shapes.Count, pod.Id.Namespace, pod.Labels, named);
            _shapes.Add(shape);
            _setsOfShape.Add([]);
            _selector.Add(shape);
            shape.Traits = TraitsOf(shape);
        }
        return shape!;
    }
}
