using NetPol.Model.Net;
using NetPol.Model.Policies;

namespace NetPol.Model.Cluster;

/// <summary>
/// The state of a cluster that policies depend on. <see cref="Create"/> puts everything in canonical order, so snapshots of the same objects are
/// equal.
/// </summary>
public sealed record ClusterSnapshot
{
    public static ClusterSnapshot Empty { get; } = Create([], [], [], []);

    /// <summary>By name.</summary>
    public ValueArray<Namespace> Namespaces { get; private init; }

    /// <summary>By id.</summary>
    public ValueArray<Pod> Pods { get; private init; }

    /// <summary>By name.</summary>
    public ValueArray<Node> Nodes { get; private init; }

    /// <summary>In evaluation order (<see cref="Policy.EvaluationOrder"/>).</summary>
    public ValueArray<Policy> Policies { get; private init; }

    /// <exception cref="ArgumentException">Two objects of one kind have the same name.</exception>
    public static ClusterSnapshot Create(
        IEnumerable<Namespace> namespaces, IEnumerable<Pod> pods, IEnumerable<Node> nodes, IEnumerable<Policy> policies) => new()
        {
            Namespaces = Sorted(namespaces, n => n.Name, StringComparer.Ordinal),
            Pods = Sorted(pods, p => p.Id, Comparer<PodId>.Default),
            Nodes = Sorted(nodes, n => n.Name, StringComparer.Ordinal),
            Policies = Sorted(policies, p => p, Policy.EvaluationOrder),
        };

    /// <summary>Returns the same cluster with additional isolated policies.</summary>
    /// <param name="isolated">The policies to isolate and how far. Others stay unchanged.</param>
    /// <param name="reason">The <see cref="PolicyIsolation.Reason"/>.</param>
    public ClusterSnapshot WithIsolatedPolicies(IReadOnlyDictionary<PolicyId, IsolationDegree> isolated, string reason) => isolated.Count == 0 ? this : this with
    {
        Policies = Policies.Select(p => isolated.TryGetValue(p.Id, out var degree) ? p with { Isolation = new(degree, reason) } : p).ToValueArray(),
    };

    private static ValueArray<T> Sorted<T, TKey>(IEnumerable<T> items, Func<T, TKey> key, IComparer<TKey> order)
    {
        var sorted = items.OrderBy(key, order).ToArray();
        for (var i = 1; i < sorted.Length; i++)
        {
            if (order.Compare(key(sorted[i - 1]), key(sorted[i])) == 0)
                throw new ArgumentException($"{typeof(T).Name} {key(sorted[i])} is defined twice", nameof(items));
        }
        return ValueArray.Own(sorted);
    }
}

/// <summary>A namespace. <paramref name="Labels"/> include <c>kubernetes.io/metadata.name</c>, as the API server sets it.</summary>
public sealed record Namespace(string Name, Labels Labels)
{
    /// <summary>The connections of its pods for which flow records are requested.</summary>
    public FlowLogging Logging { get; init; }

    /// <summary>
    /// Whether it is being deleted: <c>metadata.deletionTimestamp</c> is set or <c>status.phase</c> is Terminating. Its pods may run until their grace period ends.
    /// </summary>
    public bool IsTerminating { get; init; }
}

/// <summary>A node.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Labels">Its labels.</param>
/// <param name="Addresses">Every address of <c>status.addresses</c> that is an IP address.</param>
/// <param name="PodCidrs"><c>spec.podCIDRs</c>: the networks of its pods. Empty where the network plugin assigns addresses in another way.</param>
public sealed record Node(string Name, Labels Labels, ValueArray<IpAddress> Addresses, ValueArray<Cidr> PodCidrs = default)
{
    /// <summary>
    /// Local addresses that the node's agent reports and <c>status.addresses</c> may not list, such as those of bridges. A Deny of the node covers them; no
    /// rule opens them. None is a pod's address or in another node's status. Several nodes may report the same address. Empty without a report.
    /// </summary>
    public ValueArray<IpAddress> ReportedAddresses { get; init; }

    /// <summary><see cref="Addresses"/>, then <see cref="ReportedAddresses"/>; an address may be in both.</summary>
    public IEnumerable<IpAddress> AllAddresses => Addresses.Concat(ReportedAddresses);
}

/// <summary>A pod as policies see it.</summary>
/// <param name="Id">Namespace and name.</param>
/// <param name="Labels">The pod's labels.</param>
/// <param name="Node">The node that runs it. Null while it is unscheduled.</param>
/// <param name="Addresses">All of <c>status.podIPs</c>, in their order. Empty while it has none.</param>
/// <param name="Ports">The declared ports of all containers, in order.</param>
/// <param name="HostNetwork">The pod uses its node's network. It is never a subject, and no selector matches it as a peer.</param>
/// <param name="Finished">
/// The phase is Succeeded or Failed. The pod is never a peer. It stays a subject while no live pod has its address, because a Failed pod may still run.
/// </param>
public sealed record Pod(
    PodId Id,
    Labels Labels,
    string? Node,
    ValueArray<IpAddress> Addresses,
    ValueArray<ContainerPort> Ports,
    bool HostNetwork = false,
    bool Finished = false)
{
    /// <summary>Additional source addresses from the controller's configuration, sorted and disjoint. Tenants cannot grant any.</summary>
    public ValueArray<Cidr> GrantedSources { get; init; } = [];

    /// <summary>Whether selectors match the pod as a peer: it is not in the host's network and not finished.</summary>
    public bool IsSelectable => !HostNetwork && !Finished;
}

/// <summary>The namespace and name of a pod, in ordinal order. Written <c>namespace/name</c>.</summary>
public readonly record struct PodId(string Namespace, string Name) : IComparable<PodId>
{
    public static bool operator <(PodId left, PodId right) => left.CompareTo(right) < 0;

    public static bool operator >(PodId left, PodId right) => left.CompareTo(right) > 0;

    public static bool operator <=(PodId left, PodId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(PodId left, PodId right) => left.CompareTo(right) >= 0;

    public int CompareTo(PodId other)
    {
        var byNamespace = string.CompareOrdinal(Namespace, other.Namespace);
        return byNamespace != 0 ? byNamespace : string.CompareOrdinal(Name, other.Name);
    }

    public override string ToString() => $"{Namespace}/{Name}";
}

/// <summary>A declared port of a container, including init and sidecar containers. <paramref name="Name"/> is null for an unnamed port.</summary>
public sealed record ContainerPort(string? Name, Protocol Protocol, ushort Number);
