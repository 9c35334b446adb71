using NetPol.Model.Cluster;

namespace NetPol.Compiler.Indexing;

/// <summary>The ports that pods have under a name that some rule asks for. A port that no pod has any more does no harm.</summary>
internal sealed class NamedPorts
{
    private readonly HashSet<string> _asked;
    private readonly Dictionary<NamedPort, int> _traits = [];

    /// <param name="policies">Whose rules ask.</param>
    /// <param name="pods">Who has ports.</param>
    /// <param name="collector">Numbers them.</param>
    public NamedPorts(FlatPolicy[] policies, IEnumerable<Pod> pods, TraitCollector collector)
    {
        _asked = policies.SelectMany(p => p.Ingress.Concat(p.Egress)).SelectMany(r => r.Names).Select(n => n.Name).ToHashSet(StringComparer.Ordinal);
        if (_asked.Count == 0)
            return;
        foreach (var port in pods.Where(p => p.IsSelectable).SelectMany(Asked))
            _traits[port] = collector.Port(port);
    }

    /// <summary>Sets of port traits, as <see cref="EndpointKind.Ports"/> names them. Only to be read.</summary>
    public SequenceTrie Sets { get; } = new();

    /// <summary>Whether every port of the pod that counts is known; otherwise the policies mean more than they did.</summary>
    public bool Know(Pod pod) => !pod.IsSelectable || Asked(pod).All(_traits.ContainsKey);

    /// <summary>The pod's ports, as a state of <see cref="Sets"/>.</summary>
    public int Of(Pod pod) => _asked.Count == 0 ? SequenceTrie.Root : Sets.Of(Asked(pod).Select(p => _traits[p]).Distinct().Order().ToArray());

    public int Union(IEnumerable<int> sets) => Sets.Of(sets.SelectMany(Sets.Read).Distinct().Order().ToArray());

    /// <summary>Replaces the collector's numbers by the traits' places.</summary>
    public void Place(int[] places)
    {
        foreach (var (port, number) in _traits)
            _traits[port] = places[number];
    }

    private IEnumerable<NamedPort> Asked(Pod pod) =>
        pod.Ports.Where(p => p.Name is not null && _asked.Contains(p.Name)).Select(p => new NamedPort(p.Protocol, p.Name!, p.Number));
}
