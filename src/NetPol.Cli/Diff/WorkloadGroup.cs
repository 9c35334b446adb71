using System.Text.RegularExpressions;
using NetPol.Compiler.Analysis.Diff;
using NetPol.Model;
using NetPol.Model.Cluster;

namespace NetPol.Cli.Diff;

/// <summary>What pods of one namespace have in common that something made together.</summary>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Name">As <see cref="WorkloadName"/> finds it.</param>
/// <param name="Pods">Its pods by id, and the places of their groups.</param>
internal sealed record WorkloadGroup(string Namespace, string Name, IReadOnlyList<(Pod Pod, int Group)> Pods)
{
    /// <summary>All there are, by namespace and name.</summary>
    public static IReadOnlyList<WorkloadGroup> GroupPods(ValueArray<EndpointGroup> groups) =>
    [
        .. groups
            .SelectMany((group, place) => group.Pods.Select(pod => (Pod: pod, Group: place)))
            .GroupBy(p => (p.Pod.Id.Namespace, Name: WorkloadName.FromPod(p.Pod)))
            .Select(w => new WorkloadGroup(w.Key.Namespace, w.Key.Name, [.. w.OrderBy(p => p.Pod.Id)]))
            .OrderBy(w => w.Namespace, StringComparer.Ordinal).ThenBy(w => w.Name, StringComparer.Ordinal),
    ];
}

/// <summary>What made a pod, as far as the pod itself tells: by the labels that controllers put on their pods, and by its name.</summary>
internal static partial class WorkloadName
{
    /// <summary>The name that the pods of one workload have in common; the pod's own name when nothing made it.</summary>
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

    /// <summary>What a DaemonSet adds.</summary>
    [GeneratedRegex("-[a-z0-9]{5}$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Drawn();
}
