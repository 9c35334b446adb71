using NetPol.Compiler.Comparing;
using NetPol.Model;

namespace NetPol.Cli.Comparing;

/// <summary>Finds short names for groups of endpoints taken together. Addresses of a family that no pod has do not count.</summary>
internal sealed class PartyNames
{
    private readonly ValueArray<EndpointGroup> _groups;
    private readonly List<(string Name, List<Workload> Workloads)> _namespaces;
    private readonly HashSet<IpFamily> _families;
    private readonly bool[] _isMeant;

    /// <param name="groups">All groups there are.</param>
    public PartyNames(ValueArray<EndpointGroup> groups)
    {
        _groups = groups;
        _isMeant = new bool[groups.Count];
        _families = [.. groups.SelectMany(g => g.Pods).SelectMany(p => p.Addresses).Select(a => a.Family)];
        _namespaces = [.. Workload.Of(groups).GroupBy(w => w.Namespace, StringComparer.Ordinal).Select(n => (n.Key, n.ToList()))];
    }

    public Parties Of(ValueArray<int> groups)
    {
        foreach (var group in groups)
            _isMeant[group] = true;
        var found = new Parties(Pods(), Nodes(), Outside());
        foreach (var group in groups)
            _isMeant[group] = false;
        return found;
    }

    private PodParties? Pods()
    {
        PodParties meant = Pods(isMeant: true), rest = Pods(isMeant: false);
        if (meant is { Namespaces.IsEmpty: true, Workloads.IsEmpty: true })
            return null;
        return Size(rest) < Size(meant) ? rest with { AllBut = true } : meant;
    }

    private static int Size(PodParties parties) => parties.Namespaces.Count + parties.Workloads.Count;

    private PodParties Pods(bool isMeant)
    {
        var namespaces = new List<string>();
        var workloads = new List<PodTerm>();
        foreach (var (name, members) in _namespaces)
        {
            if (members.TrueForAll(w => w.Pods.All(p => _isMeant[p.Group] == isMeant)))
                namespaces.Add(name);
            else
                workloads.AddRange(members.SelectMany(w => Terms(w, isMeant)));
        }
        return new(false, namespaces.ToValueArray(), workloads.ToValueArray());
    }

    private IEnumerable<PodTerm> Terms(Workload workload, bool isMeant)
    {
        var pods = workload.Pods.Where(p => _isMeant[p.Group] == isMeant).ToList();
        return pods.Count == workload.Pods.Count && pods.Count > 1
            ? [new(workload.Namespace, workload.Name, pods.Count)]
            : pods.Select(p => new PodTerm(workload.Namespace, p.Pod.Id.Name, 1));
    }

    private NameParties? Nodes()
    {
        var all = _groups.SelectMany((group, place) => group.Nodes.Select(n => (n.Node, n.Address, Group: place)))
            .Where(n => _families.Contains(n.Address.Family)).OrderBy(n => n.Node, StringComparer.Ordinal).ToList();
        return Shorter(Names(true), Names(false));

        List<string> Names(bool isMeant) => [.. all.GroupBy(n => n.Node, StringComparer.Ordinal).SelectMany(node =>
            node.Where(n => _isMeant[n.Group] == isMeant).ToList() is var some && some.Count == node.Count() ? [node.Key] : some.Select(n => $"{n.Node} ({n.Address})"))];
    }

    private NameParties? Outside()
    {
        return Shorter(Ranges(true), Ranges(false));

        List<string> Ranges(bool isMeant) => AddressText.Joined(_groups.Where((_, place) => _isMeant[place] == isMeant).SelectMany(g => g.Outside).Where(r => _families.Contains(r.First.Family)));
    }

    private static NameParties? Shorter(List<string> meant, List<string> rest)
    {
        if (meant.Count == 0)
            return null;
        return rest.Count < meant.Count ? new(true, rest.ToValueArray()) : new(false, meant.ToValueArray());
    }
}
