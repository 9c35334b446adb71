using System.Globalization;
using NetPol.Kubernetes.Objects;
using NetPol.Model.Cluster;

namespace NetPol.Kubernetes.Manifests;

/// <summary>The labels that controllers add to the labels of a template.</summary>
internal static class ControllerLabels
{
    /// <summary>
    /// The labels whose values no manifest has: hashes and UIDs. A pod that a controller would replace keeps the old values, since a selector may ask
    /// whether the label is there.
    /// </summary>
    private static readonly string[] Drawn =
        ["pod-template-hash", "controller-revision-hash", "pod-template-generation", "controller-uid", "batch.kubernetes.io/controller-uid"];

    /// <summary>The labels of a workload's pod.</summary>
    /// <param name="workload">What makes the pod.</param>
    /// <param name="pod">The pod's name.</param>
    /// <param name="number">Its number among the workload's pods: of a StatefulSet its ordinal, of an indexed Job its index.</param>
    /// <param name="before">The labels of the pod that it replaces; none when it is new.</param>
    public static Labels Of(Workload workload, string pod, int number, Labels before)
    {
        var labels = workload.Labels;
        foreach (var key in Drawn)
        {
            if (labels[key] is null && before[key] is { } value)
                labels = labels.With(key, value);
        }
        var index = number.ToString(CultureInfo.InvariantCulture);
        return workload.Kind switch
        {
            "StatefulSet" => labels.With("statefulset.kubernetes.io/pod-name", pod).With("apps.kubernetes.io/pod-index", index),
            "Job" => Job(workload, workload.Id.Name, index, labels),
            // A CronJob draws the names of its Jobs.
            "CronJob" => Job(workload, before["batch.kubernetes.io/job-name"] ?? before["job-name"] ?? $"{workload.Id.Name}-1", index, labels),
            _ => labels,
        };
    }

    private static Labels Job(Workload workload, string name, string index, Labels labels)
    {
        var named = labels.With("batch.kubernetes.io/job-name", name).With("job-name", name);
        return workload.IsIndexed ? named.With("batch.kubernetes.io/job-completion-index", index) : named;
    }
}
