using System.Text.RegularExpressions;
using NetPol.Compiler.Analysis.Diff;
using NetPol.Model;
using NetPol.Model.Cluster;

namespace NetPol.Cli.Diff;

/// <summary>The pods of one workload.</summary>
/// <param name="Namespace">The namespace.</param>
/// <param name="Name">The name from <see cref="WorkloadName"/>.</param>
/// <param name="Pods">The pods by id, with the indexes of their endpoint groups.</param>
internal sealed record WorkloadGroup(string Namespace, string Name, IReadOnlyList<(Pod Pod, int Group)> Pods)
{
    /// <summary>Returns all workloads, by namespace and name.</summary>
    public static IReadOnlyList<WorkloadGroup> GroupPods(ValueArray<EndpointGroup> groups) =>
    [
        .. groups
            .SelectMany((group, place) => group.Pods.Select(pod => (Pod: pod, Group: place)))
            .GroupBy(p => (p.Pod.Id.Namespace, Name: WorkloadName.FromPod(p.Pod)))
            .Select(w => new WorkloadGroup(w.Key.Namespace, w.Key.Name, [.. w.OrderBy(p => p.Pod.Id)]))
            .OrderBy(w => w.Namespace, StringComparer.Ordinal).ThenBy(w => w.Name, StringComparer.Ordinal),
    ];
}

/// <summary>Derives a workload's name from a pod alone: from the labels that controllers set, and from the pod's name.</summary>
internal static partial class WorkloadName
{
    /// <summary>Returns the name that all pods of the workload share; the pod's own name when no controller made it.</summary>
    public static string FromPod(Pod pod)
    {
        var name = pod.Id.Name;
        if ((pod.Labels["batch.kubernetes.io/job-name"] ?? pod.Labels["job-name"]) is { } job)
            return job;
        if (pod.Labels["pod-template-hash"] is { } hash && name.LastIndexOf($"-{hash}-", StringComparison.Ordinal) is > 0 and var end)
            return name[..end];
        var suffix = pod.Labels["controller-revision-hash"] is null || Ordinal().IsMatch(name) ? Ordinal() : Drawn();
        return suffix.Replace(name, "");
    }

    [GeneratedRegex("-[0-9]+$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Ordinal();

    /// <summary>Matches the suffix that a DaemonSet adds.</summary>
    [GeneratedRegex("-[a-z0-9]{5}$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Drawn();
}
