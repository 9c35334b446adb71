using NetPol.Model.Cluster;

namespace NetPol.Compiler.Indexing;

/// <summary>The named ports of pods, limited to names that some rule has used. Ports that no pod has any more stay.</summary>
internal sealed class NamedPorts(TraitTable traits)
{
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);
    private readonly HashSet<string> _grown = new(StringComparer.Ordinal);
    private readonly SortedSet<int> _traits = [];

    /// <summary>Sets of port traits, as <see cref="EndpointKind.Ports"/> names them. Only to be read.</summary>
    public SequenceTrie Sets { get; } = new();

    /// <summary>The matchers of all these ports, ascending.</summary>
    public IEnumerable<int> Traits => _traits;

    /// <summary>Registers the port names of a policy.</summary>
    /// <returns>The names for which no policy had asked.</returns>
    public IEnumerable<string> Ask(FlatPolicy policy) =>
        [.. policy.Ingress.Concat(policy.Egress).SelectMany(r => r.Names).Select(n => n.Name).Where(_asked.Add)];

    /// <summary>The pod's ports, as a state of <see cref="Sets"/>.</summary>
    public int Of(Pod pod)
    {
        if (_asked.Count == 0 || pod.Ports.IsEmpty)
            return SequenceTrie.Root;
        var found = new SortedSet<int>();
        foreach (var port in pod.Ports)
        {
            if (port.Name is null || !_asked.Contains(port.Name))
                continue;
            var trait = traits.Port(new(port.Protocol, port.Name, port.Number));
            found.Add(trait);
            if (_traits.Add(trait))
                _grown.Add(port.Name);
        }
        return Sets.Of(found.ToArray());
    }

    public int Union(IEnumerable<int> sets) => Sets.Of(sets.SelectMany(Sets.Read).Distinct().Order().ToArray());

    /// <summary>Returns the names with new ports since the last call.</summary>
    public HashSet<string> TakeGrown()
    {
        var grown = _grown.ToHashSet(StringComparer.Ordinal);
        _grown.Clear();
        return grown;
    }
}
