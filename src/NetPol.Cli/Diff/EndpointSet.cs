using NetPol.Model;

namespace NetPol.Cli.Diff;

/// <summary>One end of changed connections as a person would name it: whole namespaces, then workloads, nodes and addresses.</summary>
/// <param name="Pods">Pods; null when there are none.</param>
/// <param name="Nodes">Nodes; null when there are none.</param>
/// <param name="Outside">Addresses outside of the cluster; null when there are none.</param>
internal sealed record EndpointSet(PodSet? Pods, NameSet? Nodes, NameSet? Outside)
{
    /// <summary>The one namespace that all of it is in; null when there is no such one.</summary>
    public string? OnlyNamespace => Nodes is null && Outside is null ? Pods?.OnlyNamespace : null;

    /// <summary>The same as seen from a namespace, which is written as <see cref="PodSet.SameNamespace"/>.</summary>
    public EndpointSet RelativeTo(string home) => this with { Pods = Pods?.RelativeTo(home) };
}

/// <summary>Some of the things of one kind by name, or, where that is shorter, all but some.</summary>
internal sealed record NameSet(bool AllBut, ValueArray<string> Names);

/// <summary>Some pods, or, where that is shorter, all but some.</summary>
/// <param name="AllBut">Whether those that are named are not meant, and all others are.</param>
/// <param name="Namespaces">Namespaces, with all their pods.</param>
/// <param name="Workloads">Workloads and pods of other namespaces.</param>
internal sealed record PodSet(bool AllBut, ValueArray<string> Namespaces, ValueArray<WorkloadPods> Workloads)
{
    /// <summary>Stands for a namespace in what is said of several at once; no namespace can be called so.</summary>
    public const string SameNamespace = ".";

    public static bool IsSameNamespace(string space) => string.Equals(space, SameNamespace, StringComparison.Ordinal);

    public string? OnlyNamespace => !AllBut && Namespaces.Concat(Workloads.Select(w => w.Namespace)).Distinct(StringComparer.Ordinal).ToList() is [var home] ? home : null;

    public PodSet RelativeTo(string home) => this with
    {
        Namespaces = Namespaces.Select(n => string.Equals(n, home, StringComparison.Ordinal) ? SameNamespace : n).ToValueArray(),
        Workloads = Workloads.Select(w => string.Equals(w.Namespace, home, StringComparison.Ordinal) ? w with { Namespace = SameNamespace, Pods = 0 } : w).ToValueArray(),
    };
}

/// <summary>A workload, or a pod of it where not all are meant.</summary>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Name">Its name; a pod's own where it is one pod.</param>
/// <param name="Pods">How many pods are meant; 0 where it stands for workloads of several namespaces.</param>
internal sealed record WorkloadPods(string Namespace, string Name, int Pods);
