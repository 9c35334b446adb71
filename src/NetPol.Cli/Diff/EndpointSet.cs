using NetPol.Model;

namespace NetPol.Cli.Diff;

/// <summary>One end of changed connections in short form: whole namespaces, then workloads, nodes and addresses.</summary>
/// <param name="Pods">The pods; null when there are none.</param>
/// <param name="Nodes">The nodes; null when there are none.</param>
/// <param name="Outside">The addresses outside the cluster; null when there are none.</param>
internal sealed record EndpointSet(PodSet? Pods, NameSet? Nodes, NameSet? Outside)
{
    /// <summary>The only namespace of the set; null when the set has several, or nodes or addresses.</summary>
    public string? OnlyNamespace => Nodes is null && Outside is null ? Pods?.OnlyNamespace : null;

    /// <summary>Returns the set relative to a namespace, which is written as <see cref="PodSet.SameNamespace"/>.</summary>
    public EndpointSet RelativeTo(string home) => this with { Pods = Pods?.RelativeTo(home) };
}

/// <summary>Things of one kind by name or, if that is shorter, all but the named ones.</summary>
internal sealed record NameSet(bool AllBut, ValueArray<string> Names);

/// <summary>Pods by namespace and workload or, if that is shorter, all but these.</summary>
/// <param name="AllBut">Whether the set contains all pods except the named ones.</param>
/// <param name="Namespaces">The namespaces with all their pods.</param>
/// <param name="Workloads">The workloads and pods of other namespaces.</param>
internal sealed record PodSet(bool AllBut, ValueArray<string> Namespaces, ValueArray<WorkloadPods> Workloads)
{
    /// <summary>Stands for the namespace in a row that repeats for several. No namespace can have this name.</summary>
    public const string SameNamespace = ".";

    public static bool IsSameNamespace(string space) => string.Equals(space, SameNamespace, StringComparison.Ordinal);

    public string? OnlyNamespace => !AllBut && Namespaces.Concat(Workloads.Select(w => w.Namespace)).Distinct(StringComparer.Ordinal).ToList() is [var home] ? home : null;

    public PodSet RelativeTo(string home) => this with
    {
        Namespaces = Namespaces.Select(n => string.Equals(n, home, StringComparison.Ordinal) ? SameNamespace : n).ToValueArray(),
        Workloads = Workloads.Select(w => string.Equals(w.Namespace, home, StringComparison.Ordinal) ? w with { Namespace = SameNamespace, Pods = 0 } : w).ToValueArray(),
    };
}

/// <summary>A workload, or a single pod of it when not all its pods are included.</summary>
/// <param name="Namespace">The namespace.</param>
/// <param name="Name">The workload's name, or the pod's.</param>
/// <param name="Pods">The number of included pods; 0 when it stands for workloads of several namespaces.</param>
internal sealed record WorkloadPods(string Namespace, string Name, int Pods);
