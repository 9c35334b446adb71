using NetPol.Kubernetes.Watch;
using NetPol.Model;
using NetPol.Model.Policies;

namespace NetPol.Controller.Watch;

/// <summary>The nodes and policies of the cluster for status: each policy has the revision since which the rules include it. Safe for any thread.</summary>
/// <param name="kinds">Returns the state of the watch of each kind.</param>
internal sealed class ClusterInventory(Func<IReadOnlyList<ResourceWatchState>> kinds)
{
    private readonly Lock _lock = new();
    private readonly SortedSet<string> _nodes = new(StringComparer.Ordinal);
    private readonly SortedDictionary<PolicyId, (WatchedPolicy Policy, long Revision)> _policies = [];
    private ValueArray<PolicyId> _retained;

    /// <summary>By name.</summary>
    public IReadOnlyList<string> Nodes
    {
        get
        {
            lock (_lock)
                return [.. _nodes];
        }
    }

    /// <summary>By id.</summary>
    public IReadOnlyList<(WatchedPolicy Policy, long Revision)> Policies
    {
        get
        {
            lock (_lock)
                return [.. _policies.Values];
        }
    }

    /// <summary>The deleted policies that still apply to the pods of terminating namespaces, in order.</summary>
    public ValueArray<PolicyId> RetainedPolicies
    {
        get
        {
            lock (_lock)
                return _retained;
        }
        set
        {
            lock (_lock)
                _retained = value;
        }
    }

    /// <summary>The state of the watch of each kind.</summary>
    public IReadOnlyList<ResourceWatchState> Kinds => kinds();

    /// <summary>The version of a kind that is watched; null when there is none.</summary>
    public string? GetVersion(PolicyKind kind) => Kinds.FirstOrDefault(k => string.Equals(k.Kind, kind.ToString(), StringComparison.Ordinal))?.Version;

    /// <summary>Applies a batch, which became <paramref name="revision"/>.</summary>
    public void Apply(WatchBatch batch, long revision)
    {
        lock (_lock)
        {
            foreach (var (name, node) in batch.Changes.Nodes)
                _ = node is null ? _nodes.Remove(name) : _nodes.Add(name);
            foreach (var (id, policy) in batch.Policies)
            {
                if (policy is null)
                    _policies.Remove(id);
                else
                    _policies[id] = (policy, revision);
            }
        }
    }
}
