using System.Globalization;
using NetPol.Kubernetes.Objects;
using NetPol.Model;
using NetPol.Model.Cluster;

namespace NetPol.Kubernetes.Manifests;

/// <summary>
/// Makes the pods of workloads, as their controllers would. A StatefulSet's are <c>name-0</c>, <c>name-1</c>, …; those of all others
/// <c>name-1</c>, <c>name-2</c>, … without the names that are taken; a DaemonSet has one on every node. A workload that has pods among
/// those of the files, or is itself made by another one, makes none. The pods that a workload has in the cluster beneath the files are replaced:
/// as many as there shall be keep name, node and address, and have labels, ports and network of the template.
/// </summary>
internal sealed class WorkloadExpansion
{
    private readonly Dictionary<(string Kind, PodId Id), Workload> _byName;
    private readonly HashSet<(string, PodId)> _workloadsWithPods = [];
    private readonly Dictionary<(string, PodId), List<Pod>> _replaced = [];
    private readonly HashSet<PodId> _usedNames = [];

    private WorkloadExpansion(IEnumerable<Workload> workloads) => _byName = workloads.ToDictionary(w => (w.Kind, w.Id));

    /// <param name="workloads">The workloads, in any order.</param>
    /// <param name="given">The pods that are there.</param>
    /// <param name="nodes">The names of the nodes, for DaemonSets.</param>
    /// <returns>All pods: first those of <paramref name="given"/> that stay, then those of the workloads.</returns>
    public static List<Pod> Expand(IReadOnlyCollection<Workload> workloads, IReadOnlyCollection<ExistingPod> given, ValueArray<string> nodes)
    {
        var expansion = new WorkloadExpansion(workloads);
        var pods = given.Where(g => !expansion.IsReplaced(g)).Select(g => g.Pod).ToList();
        expansion._usedNames.UnionWith(pods.Select(p => p.Id));
        // StatefulSets first: their names are fixed.
        foreach (var workload in workloads.OrderBy(w => !w.IsStateful).ThenBy(w => w.Kind, StringComparer.Ordinal).ThenBy(w => w.Id))
        {
            if (!expansion._workloadsWithPods.Contains((workload.Kind, workload.Id)) && !expansion.Owners(workload).Any())
                pods.AddRange(expansion.CreatePods(workload, nodes));
        }
        return pods;
    }

    private IEnumerable<Workload> Owners(Workload workload) => workload.Owners
        .Select(o => _byName.GetValueOrDefault((o.Kind, new PodId(workload.Id.Namespace, o.Name)))).OfType<Workload>();

    /// <summary>Whether a workload of the files replaces the pod. The workload of a pod of the files is busy from then on.</summary>
    private bool IsReplaced(ExistingPod given)
    {
        var workloads = new HashSet<(string Kind, PodId Id)>();
        CollectOwners(given.Pod, given.Pod.Id.Namespace, given.Owners, workloads);
        if (!given.IsLive)
            _workloadsWithPods.UnionWith(workloads);
        if (!given.IsLive || given.Pod.Finished || workloads.Count == 0)
            return false;
        foreach (var workload in workloads)
        {
            if (!_replaced.TryGetValue(workload, out var pods))
                _replaced.Add(workload, pods = []);
            pods.Add(given.Pod);
        }
        return true;
    }

    /// <summary>The owners and what owns those. A ReplicaSet or Job that is not among the objects stands for what its name begins with.</summary>
    private void CollectOwners(Pod pod, string place, ValueArray<(string Kind, string Name)> owners, HashSet<(string, PodId)> found)
    {
        foreach (var (kind, name) in owners)
        {
            if (_byName.TryGetValue((kind, new(place, name)), out var workload))
            {
                if (found.Add((kind, workload.Id)))
                    CollectOwners(pod, place, workload.Owners, found);
                continue;
            }
            var maker = kind switch { "ReplicaSet" => "Deployment", "Job" => "CronJob", _ => null };
            var dash = name.LastIndexOf('-');
            if (maker is null || dash <= 0)
                continue;
            // A Deployment names its ReplicaSets by the hash that their pods have as a label.
            if (kind is "ReplicaSet" && pod.Labels["pod-template-hash"] is { } hash && !string.Equals(name[(dash + 1)..], hash, StringComparison.Ordinal))
                continue;
            CollectOwners(pod, place, [(maker, name[..dash])], found);
        }
    }

    private IEnumerable<Pod> CreatePods(Workload workload, ValueArray<string> nodes)
    {
        var before = _replaced.GetValueOrDefault((workload.Kind, workload.Id), []).OrderBy(p => p.Id).ToList();
        return workload.IsStateful ? CreateNumberedPods(workload, before) : CreateNamedPods(workload, before, nodes);
    }

    private IEnumerable<Pod> CreateNumberedPods(Workload workload, List<Pod> before)
    {
        var byName = before.ToDictionary(p => p.Id);
        for (var i = 0; i < PodCount(workload, before); i++)
        {
            var id = Id(workload, workload.FirstOrdinal + i);
            if (_usedNames.Add(id))
                yield return CreatePod(workload, id, byName.GetValueOrDefault(id), workload.Spec.Node, workload.FirstOrdinal + i);
        }
    }

    private IEnumerable<Pod> CreateNamedPods(Workload workload, List<Pod> before, ValueArray<string> nodes)
    {
        var isOnEveryNode = workload.Replicas is null;
        var byNode = before.Where(p => p.Node is not null).DistinctBy(p => p.Node, StringComparer.Ordinal).ToDictionary(p => p.Node!, StringComparer.Ordinal);
        var number = 1;
        for (var i = 0; i < (isOnEveryNode ? nodes.Count : PodCount(workload, before)); i++)
        {
            var old = isOnEveryNode ? byNode.GetValueOrDefault(nodes[i]) : before.ElementAtOrDefault(i);
            var id = old?.Id ?? Id(workload, number++);
            while (!_usedNames.Add(id))
                (old, id) = (null, Id(workload, number++));
            yield return CreatePod(workload, id, old, isOnEveryNode ? nodes[i] : workload.Spec.Node, i);
        }
    }

    private static int PodCount(Workload workload, List<Pod> before) => !workload.IsScaled && before.Count > 0 ? before.Count : workload.Replicas!.Value;

    private static Pod CreatePod(Workload workload, PodId id, Pod? before, string? node, int number)
    {
        var keepsAddress = before is not null && before.HostNetwork == workload.Spec.HostNetwork && (node is null || string.Equals(node, before.Node, StringComparison.Ordinal));
        return new(
            id, ControllerLabels.Create(workload, id.Name, number, before?.Labels ?? Labels.None), node ?? before?.Node, keepsAddress ? before!.Addresses : [],
            workload.Spec.Ports, workload.Spec.HostNetwork);
    }

    private static PodId Id(Workload workload, int number) =>
        workload.Id with { Name = $"{workload.Id.Name}-{number.ToString(CultureInfo.InvariantCulture)}" };
}

/// <summary>A pod that is there, with its owners.</summary>
/// <param name="Pod">The pod.</param>
/// <param name="Owners">Kind and name of its owners.</param>
/// <param name="IsLive">It comes from the cluster beneath the files.</param>
internal sealed record ExistingPod(Pod Pod, ValueArray<(string Kind, string Name)> Owners, bool IsLive);

/// <summary>The labels that controllers add to the labels of a template.</summary>
internal static class ControllerLabels
{
    /// <summary>
    /// The labels whose values no manifest has: hashes and UIDs. A pod that a controller would replace keeps the old values, since a selector may ask
    /// whether the label is there.
    /// </summary>
    private static readonly string[] GeneratedLabels =
        ["pod-template-hash", "controller-revision-hash", "pod-template-generation", "controller-uid", "batch.kubernetes.io/controller-uid"];

    /// <summary>The labels of a workload's pod.</summary>
    /// <param name="workload">What makes the pod.</param>
    /// <param name="pod">The pod's name.</param>
    /// <param name="number">Its number among the workload's pods: of a StatefulSet its ordinal, of an indexed Job its index.</param>
    /// <param name="before">The labels of the pod that it replaces; none when it is new.</param>
    public static Labels Create(Workload workload, string pod, int number, Labels before)
    {
        var labels = workload.Labels;
        foreach (var key in GeneratedLabels)
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
