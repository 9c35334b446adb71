using NetPol.Compiler.Comparing;
using NetPol.Model;
using NetPol.Model.Cluster;

namespace NetPol.Cli.Comparing;

/// <summary>A row and a column of the page: a workload, nodes that are judged alike, or addresses outside that are.</summary>
/// <param name="Kind">Which of the three.</param>
/// <param name="Namespace">Of a workload; otherwise null.</param>
/// <param name="Name">How it is called; a single pod has its own name.</param>
/// <param name="Parts">What of it is in which group, by group.</param>
internal sealed record PageEnd(PageEndKind Kind, string? Namespace, string Name, ValueArray<PageEndPart> Parts)
{
    /// <summary>Workloads by namespace and name, then nodes, then addresses. Addresses of a family that no pod has do not count.</summary>
    public static ValueArray<PageEnd> Of(ValueArray<EndpointGroup> groups, PartyNames names)
    {
        var families = groups.SelectMany(g => g.Pods).SelectMany(p => p.Addresses).Select(a => a.Family).ToHashSet();
        var nodes = groups
            .SelectMany((group, place) => group.Nodes.Where(n => families.Contains(n.Address.Family)).Select(n => (n.Node, Group: place)))
            .GroupBy(n => n.Node, StringComparer.Ordinal)
            .GroupBy(node => node.Select(n => n.Group).Distinct().Order().ToValueArray(), node => node.Key)
            .Select(alike => OfNodes(alike.Key, alike.Order(StringComparer.Ordinal).ToValueArray(), names));
        var outside = groups.Select((group, place) => (group, place))
            .Where(g => g.group.Outside.Any(r => families.Contains(r.First.Family)))
            .Select(g => new PageEnd(
                PageEndKind.Outside, null, ChangeText.Outside(names.Of([g.place]).Outside!), [new(g.place, 1, [], [])]));
        return Workload.Of(groups).Select(OfWorkload).Concat(nodes).Concat(outside).ToValueArray();
    }

    private static PageEnd OfWorkload(Workload workload) => new(
        PageEndKind.Workload,
        workload.Namespace,
        workload.Pods is [var (pod, _)] ? pod.Id.Name : workload.Name,
        workload.Pods.GroupBy(p => p.Group).OrderBy(g => g.Key).Select(g => OfPods(g.Key, [.. g.Select(p => p.Pod)])).ToValueArray());

    private static PageEndPart OfPods(int group, List<Pod> pods) => new(
        group,
        pods.Count,
        pods.Select(p => p.Id.Name).ToValueArray(),
        pods.Select(p => p.Node ?? PageEndPart.NoNode).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToValueArray());

    private static PageEnd OfNodes(ValueArray<int> groups, ValueArray<string> nodes, PartyNames names) => new(
        PageEndKind.Nodes,
        null,
        ChangeText.Nodes(names.Of(groups).Nodes!),
        groups.Select(group => new PageEndPart(group, nodes.Count, nodes, nodes)).ToValueArray());
}
