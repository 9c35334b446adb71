using System.Runtime.InteropServices;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Selection;

/// <summary>
/// Classifies pods by signature (what selectors can see), addresses by sets of signatures (pods may share an address), and these sets by endpoint class
/// (selected by the same matchers, with the same named ports). Each selector is tried once per signature. Updates take effect with
/// <see cref="Commit"/>.
/// </summary>
internal sealed class EndpointClassifier(PeerMatcherTable matchers, NamedPortTable ports)
{
    private readonly PodSignatureIndex _selector = new();
    private readonly List<int> _matchersOfMany = [];
    private readonly Dictionary<string, List<int>> _matchersOfOne = new(StringComparer.Ordinal);
    private readonly SequenceTrie _signatureTexts = new();
    private readonly Dictionary<int, PodSignature> _signatureOfText = [];
    private readonly List<PodSignature> _signatures = [];
    private readonly Dictionary<KeyValuePair<string, string>, int> _labels = new(LabelComparer.Instance);
    private readonly Dictionary<string, int> _namespaceNumbers = new(StringComparer.Ordinal);
    private readonly SequenceTrie _signatureSets = new();
    private readonly HashSet<int> _sets = [];
    private readonly List<List<int>> _setsOfSignature = [];
    private readonly Dictionary<int, int> _endpointClassOfSet = [];
    private readonly SequenceTrie _matcherSets = new();
    private readonly Dictionary<string, FlowLogging> _logging = new(StringComparer.Ordinal);
    private readonly Dictionary<(int Matchers, int Ports, FlowLogging Logging), int> _endpointClassOfContent = [];
    private readonly HashSet<PodSignature> _changed = [];
    private readonly SortedDictionary<IpAddress, int> _moved = [];
    private readonly SortedDictionary<IpAddress, int> _movedFinished = [];
    private EndpointTable? _finished;

    public EndpointTable Endpoints { get; } = new();

    /// <summary>The addresses that only finished pods have. They are subjects, but no peers.</summary>
    public EndpointTable FinishedEndpoints => _finished ??= new(Endpoints);

    /// <summary>The amount of cached content, in no particular unit. It never shrinks.</summary>
    public int Size => _signatureTexts.Count + _signatureSets.Count + _matcherSets.Count;

    /// <summary>Adds the next matcher of the table.</summary>
    public void AddMatcher(int matcher)
    {
        Endpoints.ClassesByMatcher.Add([]);
        if (matchers[matcher].Pods is not { } selection)
            return;
        MatchersOf(selection.Namespace).Add(matcher);
        foreach (var signature in _selector.Select(selection))
        {
            signature.Matchers.Add(matcher);
            _changed.Add(signature);
        }
    }

    /// <summary>Updates a namespace. Null means that it was deleted.</summary>
    public void Update(string name, Namespace? value)
    {
        var logging = value?.Logging ?? FlowLogging.None;
        var isLoggingChanged = logging != _logging.GetValueOrDefault(name);
        if (logging == FlowLogging.None)
            _logging.Remove(name);
        else
            _logging[name] = logging;
        _selector.Update(name, value);
        foreach (var signature in _selector.SignaturesInNamespace(name))
        {
            var selecting = MatchersOf(signature);
            if (!isLoggingChanged && selecting.SequenceEqual(signature.Matchers))
                continue;
            signature.Matchers = selecting;
            _changed.Add(signature);
        }
    }

    /// <summary>Updates the pods that have an address.</summary>
    /// <param name="address">The address.</param>
    /// <param name="selectable">The selectable pods. Empty if none has it.</param>
    /// <param name="finished">The finished pods. They are ignored while a selectable pod has the address.</param>
    public void Update(IpAddress address, Pod[] selectable, Pod[] finished)
    {
        _moved[address] = SignatureSetOf(selectable);
        _movedFinished[address] = selectable.Length > 0 ? SequenceTrie.Root : SignatureSetOf(finished);
    }

    /// <summary>Assigns endpoint classes to the updated addresses.</summary>
    /// <returns>The addresses whose endpoint class changed, ascending: those of selectable pods, and those of finished pods.</returns>
    public (List<AddressChange> Addresses, List<AddressChange> Finished) Commit()
    {
        var stale = _changed.SelectMany(s => _setsOfSignature[s.Number]).Where(_endpointClassOfSet.Remove).ToHashSet();
        var changes = Endpoints.Update(_moved, stale, EndpointClassOf);
        var finished = FinishedEndpoints.Update(_movedFinished, stale, EndpointClassOf);
        _changed.Clear();
        _moved.Clear();
        _movedFinished.Clear();
        return (changes, finished);
    }

    private List<int> MatchersOf(string? space)
    {
        if (space is null)
            return _matchersOfMany;
        ref var found = ref CollectionsMarshal.GetValueRefOrAddDefault(_matchersOfOne, space, out _);
        return found ??= [];
    }

    private List<int> MatchersOf(PodSignature signature) =>
        [.. MatchersOf(signature.Namespace).Concat(_matchersOfMany).Where(t => _selector.Selects(matchers[t].Pods!, signature)).Order()];

    private int SignatureSetOf(IEnumerable<Pod> pods)
    {
        var signatures = pods.Select(SignatureOf).Select(s => s.Number).Distinct().Order().ToArray();
        var set = _signatureSets.GetOrAdd(signatures);
        if (_sets.Add(set))
        {
            foreach (var signature in signatures)
                _setsOfSignature[signature].Add(set);
        }
        return set;
    }

    private int EndpointClassOf(int set)
    {
        ref var endpointClass = ref CollectionsMarshal.GetValueRefOrAddDefault(_endpointClassOfSet, set, out var known);
        if (!known)
        {
            var signatures = _signatureSets.Read(set).Select(signature => _signatures[signature]).ToArray();
            var selecting = signatures.Length == 1 ? signatures[0].Matchers : [.. signatures.SelectMany(s => s.Matchers).Distinct().Order()];
            endpointClass = EndpointClassOf(
                _matcherSets.GetOrAdd(CollectionsMarshal.AsSpan(selecting)), ports.Union(signatures.Select(s => s.Ports)),
                signatures.Max(s => _logging.GetValueOrDefault(s.Namespace)));
        }
        return endpointClass;
    }

    private int EndpointClassOf(int matcherSet, int portSet, FlowLogging logging)
    {
        ref var endpointClass = ref CollectionsMarshal.GetValueRefOrAddDefault(_endpointClassOfContent, (matcherSet, portSet, logging), out var known);
        if (!known)
        {
            endpointClass = Endpoints.Classes.Count;
            var content = new EndpointClass(_matcherSets.Read(matcherSet), portSet, logging);
            Endpoints.Classes.Add(content);
            foreach (var matcher in content.Matchers.Concat(ports.Sets.Read(portSet)))
                Endpoints.ClassesByMatcher[matcher].Add(endpointClass);
        }
        return endpointClass;
    }

    private PodSignature SignatureOf(Pod pod)
    {
        ref var space = ref CollectionsMarshal.GetValueRefOrAddDefault(_namespaceNumbers, pod.Id.Namespace, out var known);
        if (!known)
            space = _namespaceNumbers.Count - 1;
        var named = ports.PortSetOf(pod);
        var text = _signatureTexts.Next(_signatureTexts.Next(SequenceTrie.Root, space), named);
        foreach (var pair in pod.Labels.Pairs)
        {
            ref var label = ref CollectionsMarshal.GetValueRefOrAddDefault(_labels, pair, out known);
            if (!known)
                label = _labels.Count - 1;
            text = _signatureTexts.Next(text, label);
        }
        ref var signature = ref CollectionsMarshal.GetValueRefOrAddDefault(_signatureOfText, text, out known);
        if (!known)
        {
            signature = new(_signatures.Count, pod.Id.Namespace, pod.Labels, named);
            _signatures.Add(signature);
            _setsOfSignature.Add([]);
            _selector.Add(signature);
            signature.Matchers = MatchersOf(signature);
        }
        return signature!;
    }
}

/// <summary>What policies can see of a pod. Indistinguishable pods share a signature.</summary>
/// <param name="number">Its index in the list of signatures.</param>
/// <param name="space">The pod's namespace.</param>
/// <param name="labels">The pod's labels.</param>
/// <param name="ports">Its named ports that some rule uses, as a state of the trie of port sets.</param>
internal sealed class PodSignature(int number, string space, Labels labels, int ports)
{
    public int Number { get; } = number;

    public string Namespace { get; } = space;

    public Labels Labels { get; } = labels;

    public int Ports { get; } = ports;

    /// <summary>The pod matchers that select it, ascending. Updated with policies and namespaces.</summary>
    public List<int> Matchers { get; set; } = [];
}
