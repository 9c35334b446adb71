using NetPol.Model;
using NetPol.Model.Cluster;

namespace NetPol.Testing;

/// <summary>What changed between two moments of a cluster.</summary>
public static class Changes
{
    /// <summary>Objects that are in one alone, or in both and other than they were.</summary>
    public static ClusterChanges Between(ClusterSnapshot before, ClusterSnapshot after) => new()
    {
        Namespaces = Between(before.Namespaces, after.Namespaces, n => n.Name),
        Pods = Between(before.Pods, after.Pods, p => p.Id),
        Nodes = Between(before.Nodes, after.Nodes, n => n.Name),
        Policies = Between(before.Policies, after.Policies, p => p.Id),
    };

    private static ValueArray<KeyValuePair<TKey, T?>> Between<TKey, T>(ValueArray<T> before, ValueArray<T> after, Func<T, TKey> key)
        where TKey : notnull
        where T : class
    {
        var (old, now) = (before.ToDictionary(key), after.ToDictionary(key));
        return old.Keys.Union(now.Keys).Where(k => !Equals(old.GetValueOrDefault(k), now.GetValueOrDefault(k)))
            .Select(k => KeyValuePair.Create(k, now.GetValueOrDefault(k))).ToValueArray();
    }
}
