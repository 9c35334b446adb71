using NetPol.Compiler.Analysis.Diff;
using NetPol.Model;
using NetPol.Model.Cluster;

namespace NetPol.Cli.Diff;

/// <summary>A row and a column of the page: a workload, nodes that are judged alike, or addresses outside that are.</summary>
/// <param name="Kind">Which of the three.</param>
/// <param name="Namespace">Of a workload; otherwise null.</param>
/// <param name="Name">How it is called; a single pod has its own name.</param>
/// <param name="Parts">What of it is in which group, by group.</param>
internal sealed record HtmlAxisEntry(HtmlAxisEntryType Kind, string? Namespace, string Name, ValueArray<HtmlAxisEntryPart> Parts)
{
    /// <summary>Workloads by namespace and name, then nodes, then addresses. Addresses of a family that no pod has do not count.</summary>
    public static ValueArray<HtmlAxisEntry> Create(ValueArray<EndpointGroup> groups, EndpointSetNames names)
    {
        var families = groups.SelectMany(g => g.Pods).SelectMany(p => p.Addresses).Select(a => a.Family).ToHashSet();
        var nodes = groups
            .SelectMany((group, place) => group.Nodes.Where(n => families.Contains(n.Address.Family)).Select(n => (n.Node, Group: place)))
            .GroupBy(n => n.Node, StringComparer.Ordinal)
            .GroupBy(node => node.Select(n => n.Group).Distinct().Order().ToValueArray(), node => node.Key)
            .Select(alike => OfNodes(alike.Key, alike.Order(StringComparer.Ordinal).ToValueArray(), names));
        var outside = groups.Select((group, place) => (group, place))
            .Where(g => g.group.External.Any(r => families.Contains(r.First.Family)))
            .Select(g => new HtmlAxisEntry(
                HtmlAxisEntryType.Outside, null, ChangeText.Outside(names.Name([g.place]).Outside!), [new(g.place, 1, [], [])]));
        return WorkloadGroup.GroupPods(groups).Select(OfWorkload).Concat(nodes).Concat(outside).ToValueArray();
    }

    private static HtmlAxisEntry OfWorkload(WorkloadGroup workload) => new(
        HtmlAxisEntryType.Workload,
        workload.Namespace,
        workload.Pods is [var (pod, _)] ? pod.Id.Name : workload.Name,
        workload.Pods.GroupBy(p => p.Group).OrderBy(g => g.Key).Select(g => OfPods(g.Key, [.. g.Select(p => p.Pod)])).ToValueArray());

    private static HtmlAxisEntryPart OfPods(int group, List<Pod> pods) => new(
        group,
        pods.Count,
        pods.Select(p => p.Id.Name).ToValueArray(),
        pods.Select(p => p.Node ?? HtmlAxisEntryPart.NoNode).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToValueArray());

    private static HtmlAxisEntry OfNodes(ValueArray<int> groups, ValueArray<string> nodes, EndpointSetNames names) => new(
        HtmlAxisEntryType.Nodes,
        null,
        ChangeText.Nodes(names.Name(groups).Nodes!),
        groups.Select(group => new HtmlAxisEntryPart(group, nodes.Count, nodes, nodes)).ToValueArray());
}

internal enum HtmlAxisEntryType
{
    Workload,
    Nodes,
    Outside,
}

/// <summary>What of a row or column is in one group.</summary>
/// <param name="Group">The place in <see cref="ClusterDiff.Groups"/>.</param>
/// <param name="Count">How many pods or nodes it is; 1 of addresses outside.</param>
/// <param name="Names">The names of the pods or nodes.</param>
/// <param name="Nodes">The nodes that run the pods, or that it is; once each.</param>
internal sealed record HtmlAxisEntryPart(int Group, int Count, ValueArray<string> Names, ValueArray<string> Nodes)
{
    /// <summary>Stands for the node of a pod that has none; no node can be called so.</summary>
    public const string NoNode = "";
}
