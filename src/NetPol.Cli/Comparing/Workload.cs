using NetPol.Compiler.Comparing;
using NetPol.Model;
using NetPol.Model.Cluster;

namespace NetPol.Cli.Comparing;

/// <summary>What pods of one namespace have in common that something made together.</summary>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Name">As <see cref="WorkloadName"/> finds it.</param>
/// <param name="Pods">Its pods by id, and the places of their groups.</param>
internal sealed record Workload(string Namespace, string Name, IReadOnlyList<(Pod Pod, int Group)> Pods)
{
    /// <summary>All there are, by namespace and name.</summary>
    public static IReadOnlyList<Workload> Of(ValueArray<EndpointGroup> groups) =>
    [
        .. groups
            .SelectMany((group, place) => group.Pods.Select(pod => (Pod: pod, Group: place)))
            .GroupBy(p => (p.Pod.Id.Namespace, Name: WorkloadName.Of(p.Pod)))
            .Select(w => new Workload(w.Key.Namespace, w.Key.Name, [.. w.OrderBy(p => p.Pod.Id)]))
            .OrderBy(w => w.Namespace, StringComparer.Ordinal).ThenBy(w => w.Name, StringComparer.Ordinal),
    ];
}
