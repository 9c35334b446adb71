using NetPol.Compiler.Analysis.Diff;
using NetPol.Model;
using NetPol.Model.Net;

namespace NetPol.Cli.Diff;

/// <summary>Finds short names for sets of endpoint groups. Ignores addresses of a family that no pod has.</summary>
internal sealed class EndpointSetNames
{
    private readonly ValueArray<EndpointGroup> _groups;
    private readonly List<(string Name, List<WorkloadGroup> Workloads)> _namespaces;
    private readonly HashSet<IpFamily> _families;
    private readonly bool[] _isIncluded;

    /// <param name="groups">All endpoint groups.</param>
    public EndpointSetNames(ValueArray<EndpointGroup> groups)
    {
        _groups = groups;
        _isIncluded = new bool[groups.Count];
        _families = [.. groups.SelectMany(g => g.Pods).SelectMany(p => p.Addresses).Select(a => a.Family)];
        _namespaces = [.. WorkloadGroup.GroupPods(groups).GroupBy(w => w.Namespace, StringComparer.Ordinal).Select(n => (n.Key, n.ToList()))];
    }

    public EndpointSet Name(ValueArray<int> groups)
    {
        foreach (var group in groups)
            _isIncluded[group] = true;
        var found = new EndpointSet(Pods(), Nodes(), Outside());
        foreach (var group in groups)
            _isIncluded[group] = false;
        return found;
    }

    private PodSet? Pods()
    {
        PodSet included = Pods(isIncluded: true), rest = Pods(isIncluded: false);
        if (included is { Namespaces.IsEmpty: true, Workloads.IsEmpty: true })
            return null;
        return Size(rest) < Size(included) ? rest with { AllBut = true } : included;
    }

    private static int Size(PodSet endpointSets) => endpointSets.Namespaces.Count + endpointSets.Workloads.Count;

    private PodSet Pods(bool isIncluded)
    {
        var namespaces = new List<string>();
        var workloads = new List<WorkloadPods>();
        foreach (var (name, members) in _namespaces)
        {
            if (members.TrueForAll(w => w.Pods.All(p => _isIncluded[p.Group] == isIncluded)))
                namespaces.Add(name);
            else
                workloads.AddRange(members.SelectMany(w => Terms(w, isIncluded)));
        }
        return new(false, namespaces.ToValueArray(), workloads.ToValueArray());
    }

    private IEnumerable<WorkloadPods> Terms(WorkloadGroup workload, bool isIncluded)
    {
        var pods = workload.Pods.Where(p => _isIncluded[p.Group] == isIncluded).ToList();
        return pods.Count == workload.Pods.Count && pods.Count > 1
            ? [new(workload.Namespace, workload.Name, pods.Count)]
            : pods.Select(p => new WorkloadPods(workload.Namespace, p.Pod.Id.Name, 1));
    }

    private NameSet? Nodes()
    {
        var all = _groups.SelectMany((group, place) => group.Nodes.Select(n => (n.Node, n.Address, Group: place)))
            .Where(n => _families.Contains(n.Address.Family)).OrderBy(n => n.Node, StringComparer.Ordinal).ToList();
        return Shorter(Names(true), Names(false));

        List<string> Names(bool isIncluded) => [.. all.GroupBy(n => n.Node, StringComparer.Ordinal).SelectMany(node =>
            node.Where(n => _isIncluded[n.Group] == isIncluded).ToList() is var some && some.Count == node.Count() ? [node.Key] : some.Select(n => $"{n.Node} ({n.Address})"))];
    }

    private NameSet? Outside()
    {
        return Shorter(Ranges(true), Ranges(false));

        List<string> Ranges(bool isIncluded) => AddressRangeText.Joined(_groups.Where((_, place) => _isIncluded[place] == isIncluded).SelectMany(g => g.External).Where(r => _families.Contains(r.First.Family)));
    }

    private static NameSet? Shorter(List<string> included, List<string> rest)
    {
        if (included.Count == 0)
            return null;
        return rest.Count < included.Count ? new(true, rest.ToValueArray()) : new(false, included.ToValueArray());
    }
}

/// <summary>Formats ranges of addresses.</summary>
internal static class AddressRangeText
{
    /// <summary>Returns the ranges in order, with adjacent ones merged. A range that is a network is in CIDR notation.</summary>
    public static List<string> Joined(IEnumerable<AddressRange> ranges)
    {
        var joined = new List<AddressRange>();
        foreach (var range in ranges.Order())
        {
            if (joined.Count > 0 && joined[^1].Last.Family == range.First.Family && joined[^1].Last.Value + 1 == range.First.Value)
                joined[^1] = joined[^1] with { Last = range.Last };
            else
                joined.Add(range);
        }
        return joined.ConvertAll(Format);
    }

    private static string Format(AddressRange range)
    {
        var difference = range.First.Value ^ range.Last.Value;
        var hostBits = difference == 0 ? 0 : 128 - (int)UInt128.LeadingZeroCount(difference);
        var network = Cidr.Create(range.First, range.First.Bits - hostBits);
        return hostBits > 0 && network.Range == range ? network.ToString() : range.ToString();
    }
}
