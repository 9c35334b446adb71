using NetPol.Model.Policies;

namespace NetPol.Model.Cluster;

/// <summary>
/// The changes of a cluster between two states: the new value of each changed object, or null for a deleted one. Every key occurs at most once, in no
/// particular order. Unchanged objects may occur too.
/// </summary>
public sealed record ClusterChanges
{
    public ValueArray<KeyValuePair<string, Namespace?>> Namespaces { get; init; }

    public ValueArray<KeyValuePair<PodId, Pod?>> Pods { get; init; }

    public ValueArray<KeyValuePair<string, Node?>> Nodes { get; init; }

    public ValueArray<KeyValuePair<PolicyId, Policy?>> Policies { get; init; }

    /// <summary>Returns the changes from an empty cluster to the snapshot.</summary>
    public static ClusterChanges FromEmptyTo(ClusterSnapshot snapshot) => new()
    {
        Namespaces = ToAdditions(snapshot.Namespaces, n => n.Name),
        Pods = ToAdditions(snapshot.Pods, p => p.Id),
        Nodes = ToAdditions(snapshot.Nodes, n => n.Name),
        Policies = ToAdditions(snapshot.Policies, p => p.Id),
    };

    /// <summary>Applies the changes to a snapshot.</summary>
    public ClusterSnapshot ApplyTo(ClusterSnapshot before) => ClusterSnapshot.Create(
        ApplyChanges(before.Namespaces, n => n.Name, Namespaces), ApplyChanges(before.Pods, p => p.Id, Pods),
        ApplyChanges(before.Nodes, n => n.Name, Nodes), ApplyChanges(before.Policies, p => p.Id, Policies));

    public bool IsEmpty => Namespaces.IsEmpty && Pods.IsEmpty && Nodes.IsEmpty && Policies.IsEmpty;

    private static Dictionary<TKey, T>.ValueCollection ApplyChanges<TKey, T>(ValueArray<T> before, Func<T, TKey> key, ValueArray<KeyValuePair<TKey, T?>> changes)
        where TKey : notnull
        where T : class
    {
        var objects = before.ToDictionary(key);
        foreach (var (name, value) in changes)
        {
            if (value is null)
                objects.Remove(name);
            else
                objects[name] = value;
        }
        return objects.Values;
    }

    private static ValueArray<KeyValuePair<TKey, T?>> ToAdditions<TKey, T>(ValueArray<T> objects, Func<T, TKey> key)
        where T : class => objects.Select(o => KeyValuePair.Create(key(o), (T?)o)).ToValueArray();
}
