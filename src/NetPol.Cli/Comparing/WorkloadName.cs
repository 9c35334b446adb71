using System.Text.RegularExpressions;
using NetPol.Model.Cluster;

namespace NetPol.Cli.Comparing;

/// <summary>What made a pod, as far as the pod itself tells: by the labels that controllers put on their pods, and by its name.</summary>
internal static partial class WorkloadName
{
    /// <summary>The name that the pods of one workload have in common; the pod's own name when nothing made it.</summary>
    public static string Of(Pod pod)
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
