using NetPol.Model.Policies;

namespace NetPol.Model.Cluster;

/// <summary>Finds pods that a selection names but cannot match: pods on the host's network and finished pods.</summary>
public static class UnselectablePods
{
    private const int MaxNames = 3;

    /// <summary>Returns the pods whose labels match the selection. Empty if the selection matches a live pod, or if no labels match.</summary>
    public static ValueArray<Pod> Find(PodSelection selection, ClusterSnapshot cluster)
    {
        var namespaces = cluster.Namespaces.Where(n => selection.Namespaces.Matches(n.Labels)).Select(n => n.Name).ToHashSet(StringComparer.Ordinal);
        var named = cluster.Pods.Where(p => IsIn(p.Id.Namespace) && selection.Pods.Matches(p.Labels)).ToList();
        return named.Exists(p => p.IsSelectable) ? [] : named.ToValueArray();

        bool IsIn(string space) => selection.Namespace is { } one ? string.Equals(one, space, StringComparison.Ordinal) : namespaces.Contains(space);
    }

    /// <summary>Returns why no selector matches the pods, and what to write, as a sentence without a period. Requires at least one pod.</summary>
    public static string Explain(ValueArray<Pod> pods)
    {
        var onHost = pods.Where(p => p is { HostNetwork: true, Finished: false }).ToList();
        return onHost.Count > 0
            ? $"{FormatNames(onHost)} on the host's network (hostNetwork), and no selector matches such a pod: name its node's address with ipBlock, or in an egress rule of a ClusterNetworkPolicy the node with nodes"
            : $"{FormatNames([.. pods])} finished: a policy applies to such a pod only until it is deleted, and no selector matches it as a peer";
    }

    private static string FormatNames(List<Pod> pods)
    {
        var names = string.Join(", ", pods.Take(MaxNames).Select(p => p.Id));
        var more = pods.Count > MaxNames ? $" and {pods.Count - MaxNames} more" : "";
        return $"{names}{more} {(pods.Count == 1 ? "is" : "are")}";
    }
}
