using NetPol.Model.Policies;

namespace NetPol.Model.Cluster;

/// <summary>
/// What changed in a cluster since another moment: of each object that changed, what it is now, or null when it is gone. Every key is
/// there at most once; in no order. An object that is as it was may be there too.
/// </summary>
public sealed record ClusterChanges
{
    public ValueArray<KeyValuePair<string, Namespace?>> Namespaces { get; init; }

    public ValueArray<KeyValuePair<PodId, Pod?>> Pods { get; init; }

    public ValueArray<KeyValuePair<string, Node?>> Nodes { get; init; }

    public ValueArray<KeyValuePair<PolicyId, Policy?>> Policies { get; init; }

    /// <summary>The changes that make a state of an empty cluster.</summary>
    public static ClusterChanges ToGetTo(ClusterSnapshot snapshot) => new()
    {
        Namespaces = Come(snapshot.Namespaces, n => n.Name),
        Pods = Come(snapshot.Pods, p => p.Id),
        Nodes = Come(snapshot.Nodes, n => n.Name),
        Policies = Come(snapshot.Policies, p => p.Id),
    };

    /// <summary>The state that the changes make of another one.</summary>
    public ClusterSnapshot ApplyTo(ClusterSnapshot before) => ClusterSnapshot.Create(
        After(before.Namespaces, n => n.Name, Namespaces), After(before.Pods, p => p.Id, Pods),
        After(before.Nodes, n => n.Name, Nodes), After(before.Policies, p => p.Id, Policies));

    public bool IsEmpty => Namespaces.IsEmpty && Pods.IsEmpty && Nodes.IsEmpty && Policies.IsEmpty;

    private static Dictionary<TKey, T>.ValueCollection After<TKey, T>(ValueArray<T> before, Func<T, TKey> key, ValueArray<KeyValuePair<TKey, T?>> changes)
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

    private static ValueArray<KeyValuePair<TKey, T?>> Come<TKey, T>(ValueArray<T> objects, Func<T, TKey> key)
        where T : class => objects.Select(o => KeyValuePair.Create(key(o), (T?)o)).ToValueArray();
}
