using NetPol.Model.Cluster;
using NetPol.Model.Net;

namespace NetPol.Compiler.Selection;

/// <summary>The named ports of pods, limited to names that some rule has used. Ports are never removed.</summary>
internal sealed class NamedPortTable(PeerMatcherTable matchers)
{
    private readonly HashSet<string> _requestedNames = new(StringComparer.Ordinal);
    private readonly HashSet<string> _namesWithNewPorts = new(StringComparer.Ordinal);
    private readonly SortedSet<int> _matchers = [];

    /// <summary>The sets of port matchers that <see cref="EndpointClass.Ports"/> refers to. Callers must only read them.</summary>
    public SequenceTrie Sets { get; } = new();

    /// <summary>The matchers of all these ports, ascending.</summary>
    public IEnumerable<int> Matchers => _matchers;

    /// <summary>Registers the port names of a policy.</summary>
    /// <returns>The names that no policy has used before.</returns>
    public IEnumerable<string> Register(NormalizedPolicy policy) =>
        [.. policy.Ingress.Concat(policy.Egress).SelectMany(r => r.PortNames).Select(n => n.Name).Where(_requestedNames.Add)];

    /// <summary>Returns the pod's named ports as a state of <see cref="Sets"/>.</summary>
    public int PortSetOf(Pod pod)
    {
        if (_requestedNames.Count == 0 || pod.Ports.IsEmpty)
            return SequenceTrie.Root;
        var found = new SortedSet<int>();
        foreach (var port in pod.Ports)
        {
            if (port.Name is null || !_requestedNames.Contains(port.Name))
                continue;
            var matcher = matchers.GetOrAddPort(new(port.Protocol, port.Name, port.Number));
            found.Add(matcher);
            if (_matchers.Add(matcher))
                _namesWithNewPorts.Add(port.Name);
        }
        return Sets.GetOrAdd(found.ToArray());
    }

    public int Union(IEnumerable<int> sets) => Sets.GetOrAdd(sets.SelectMany(Sets.Read).Distinct().Order().ToArray());

    /// <summary>Returns the names with new ports since the last call.</summary>
    public HashSet<string> TakeNamesWithNewPorts()
    {
        var grown = _namesWithNewPorts.ToHashSet(StringComparer.Ordinal);
        _namesWithNewPorts.Clear();
        return grown;
    }
}

/// <summary>A named port of a pod.</summary>
internal readonly record struct NamedPort(Protocol Protocol, string Name, ushort Number);
