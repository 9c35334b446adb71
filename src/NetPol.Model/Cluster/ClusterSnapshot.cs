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

    /// <summary>In evaluation order (<see cref="Policy.Order"/>).</summary>
    public ValueArray<Policy> Policies { get; private init; }

    /// <exception cref="ArgumentException">Two objects of one kind have the same name.</exception>
    public static ClusterSnapshot Create(
        IEnumerable<Namespace> namespaces, IEnumerable<Pod> pods, IEnumerable<Node> nodes, IEnumerable<Policy> policies) => new()
        {
            Namespaces = Sorted(namespaces, n => n.Name, StringComparer.Ordinal),
            Pods = Sorted(pods, p => p.Id, Comparer<PodId>.Default),
            Nodes = Sorted(nodes, n => n.Name, StringComparer.Ordinal),
            Policies = Sorted(policies, p => p, Policy.Order),
        };

    /// <summary>Returns the same cluster with additional isolated policies.</summary>
    /// <param name="isolated">The policies to isolate and how far. Others stay unchanged.</param>
    /// <param name="reason">The <see cref="PolicyIsolation.Reason"/>.</param>
    public ClusterSnapshot With(IReadOnlyDictionary<PolicyId, IsolationDegree> isolated, string reason) => isolated.Count == 0 ? this : this with
    {
        Policies = Policies.Select(p => isolated.TryGetValue(p.Id, out var degree) ? p with { Isolation = new(degree, reason) } : p).ToValueArray(),
    };

    private static ValueArray<T> Sorted<T, TKey>(IEnumerable<T> items, Func<T, TKey> key, IComparer<TKey> order)
    {
        var sorted = items.OrderBy(key, order).ToArray();
        for (var i = 1; i < sorted.Length; i++)
        {
            if (order.Compare(key(sorted[i - 1]), key(sorted[i])) == 0)
                throw new ArgumentException($"{typeof(T).Name} {key(sorted[i])} is there twice", nameof(items));
        }
        return ValueArray.Own(sorted);
    }
}
