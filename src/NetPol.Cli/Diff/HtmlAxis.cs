using NetPol.Compiler.Analysis.Diff;
using NetPol.Model;
using NetPol.Model.Cluster;

namespace NetPol.Cli.Diff;

/// <summary>A row and column of the page: a workload, or nodes or outside addresses that the policies treat alike.</summary>
/// <param name="Kind">The type of the entry.</param>
/// <param name="Namespace">The namespace of a workload; else null.</param>
/// <param name="Name">The display name; for a single pod the pod's own name.</param>
/// <param name="Parts">The members of the entry by endpoint group.</param>
internal sealed record HtmlAxisEntry(HtmlAxisEntryType Kind, string? Namespace, string Name, ValueArray<HtmlAxisEntryPart> Parts)
{
    /// <summary>Returns workloads by namespace and name, then nodes, then addresses. Ignores addresses of a family that no pod has.</summary>
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

/// <summary>The members of an entry that belong to one endpoint group.</summary>
/// <param name="Group">The index in <see cref="ClusterDiff.Groups"/>.</param>
/// <param name="Count">The number of pods or nodes; 1 for outside addresses.</param>
/// <param name="Names">The names of the pods or nodes.</param>
/// <param name="Nodes">The nodes that run the pods, or the nodes themselves; each once.</param>
internal sealed record HtmlAxisEntryPart(int Group, int Count, ValueArray<string> Names, ValueArray<string> Nodes)
{
    /// <summary>Stands for the node of an unscheduled pod. No node can have this name.</summary>
    public const string NoNode = "";
}
