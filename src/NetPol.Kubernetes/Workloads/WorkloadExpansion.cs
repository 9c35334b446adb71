using System.Globalization;
using NetPol.Model;
using NetPol.Model.Cluster;

namespace NetPol.Kubernetes.Workloads;

/// <summary>
/// Makes the pods of workloads, as their controllers would. A StatefulSet's are <c>name-0</c>, <c>name-1</c>, …; those of all others
/// <c>name-1</c>, <c>name-2</c>, … without the names that are taken; a DaemonSet has one on every node. A workload that has pods among
/// the given ones, or is itself made by another one, makes none.
/// </summary>
internal static class WorkloadExpansion
{
    /// <param name="workloads">The workloads, in any order.</param>
    /// <param name="given">The pods that are there, with their owners.</param>
    /// <param name="nodes">The names of the nodes, for DaemonSets.</param>
    /// <returns>The pods to add, each with what made it.</returns>
    public static List<(Workload From, Pod Pod)> Expand(
        IReadOnlyCollection<Workload> workloads, IReadOnlyCollection<(Pod Pod, ValueArray<(string Kind, string Name)> Owners)> given, ValueArray<string> nodes)
    {
        var byName = workloads.ToDictionary(w => (w.Kind, w.Id));
        var busy = new HashSet<(string, PodId)>();
        foreach (var (pod, owners) in given)
            MarkOwners(pod.Id.Namespace, owners, byName, busy);
        var taken = given.Select(g => g.Pod.Id).ToHashSet();
        var made = new List<(Workload, Pod)>();
        // StatefulSets first: their names are fixed.
        foreach (var workload in workloads.OrderBy(w => !IsStateful(w)).ThenBy(w => w.Kind, StringComparer.Ordinal).ThenBy(w => w.Id))
        {
            if (!busy.Contains((workload.Kind, workload.Id)) && !Owners(workload, byName).Any())
                made.AddRange(Pods(workload, nodes, taken).Select(pod => (workload, pod)));
        }
        return made;
    }

    private static bool IsStateful(Workload workload) => string.Equals(workload.Kind, "StatefulSet", StringComparison.Ordinal);

    private static IEnumerable<(string, PodId)> Owners(Workload workload, Dictionary<(string, PodId), Workload> byName) => workload.Owners
        .Select(o => (o.Kind, new PodId(workload.Id.Namespace, o.Name)))
        .Where(byName.ContainsKey);

    /// <summary>Marks the owners and what owns those. A ReplicaSet or Job that is not among the objects stands for what its name begins with.</summary>
    private static void MarkOwners(
        string place, ValueArray<(string Kind, string Name)> owners, Dictionary<(string, PodId), Workload> byName, HashSet<(string, PodId)> busy)
    {
        foreach (var (kind, name) in owners)
        {
            if (byName.TryGetValue((kind, new(place, name)), out var workload))
            {
                if (busy.Add((kind, workload.Id)))
                    MarkOwners(place, workload.Owners, byName, busy);
                continue;
            }
            var maker = kind switch { "ReplicaSet" => "Deployment", "Job" => "CronJob", _ => null };
            var dash = name.LastIndexOf('-');
            if (maker is not null && dash > 0)
                MarkOwners(place, [(maker, name[..dash])], byName, busy);
        }
    }

    private static IEnumerable<Pod> Pods(Workload workload, ValueArray<string> nodes, HashSet<PodId> taken)
    {
        var count = workload.Replicas ?? nodes.Count;
        var number = IsStateful(workload) ? 0 : 1;
        for (var i = 0; i < count; i++)
        {
            var id = Id(workload, number++);
            while (!taken.Add(id) && !IsStateful(workload))
                id = Id(workload, number++);
            yield return new(id, workload.Labels, workload.Replicas is null ? nodes[i] : workload.Spec.Node, [], workload.Spec.Ports, workload.Spec.HostNetwork);
        }
    }

    private static PodId Id(Workload workload, int number) =>
        workload.Id with { Name = $"{workload.Id.Name}-{number.ToString(CultureInfo.InvariantCulture)}" };
}
