using NetPol.Model.Policies;

namespace NetPol.Model.Cluster;

/// <summary>
/// Keeps the NetworkPolicies of a terminating namespace until its pods are gone. The API server deletes the objects of a namespace in any order, so
/// policies may be deleted while pods still run for their grace period (CVE-2024-7598). Receives every change of a cluster in order and returns the
/// changes to compile. Not thread-safe.
/// </summary>
/// <remarks>
/// The deletion of a policy takes effect at once if the namespace is active or has no pods. Otherwise it is deferred until the last pod of the namespace is
/// gone or an active namespace of the same name exists. Policies that were deleted before the first change are unknown.
/// </remarks>
public sealed class RetainedPolicies
{
    /// <summary>
    /// The maximum lag between the watches of namespaces and policies. A policy that was deleted within this time is restored when its namespace turns out to be
    /// terminating.
    /// </summary>
    public static TimeSpan MaxWatchLag { get; } = TimeSpan.FromSeconds(30);

    private readonly Dictionary<string, bool> _terminating = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<string>> _pods = new(StringComparer.Ordinal);
    private readonly Dictionary<PolicyId, Policy> _policies = [];
    private readonly Dictionary<PolicyId, Policy> _retained = [];
    private readonly Dictionary<PolicyId, (Policy Policy, DateTimeOffset At)> _deleted = [];

    /// <summary>The number of policies that still apply although their objects are deleted.</summary>
    public int Count => _retained.Count;

    /// <summary>The ids of these policies, in order.</summary>
    public ValueArray<PolicyId> Ids => _retained.Keys.Order().ToValueArray();

    /// <param name="changes">The changes of the cluster.</param>
    /// <param name="now">When they were received.</param>
    /// <returns>The changes without deferred deletions, with released deletions and restored policies.</returns>
    public ClusterChanges Apply(ClusterChanges changes, DateTimeOffset now)
    {
        foreach (var (name, value) in changes.Namespaces)
        {
            if (value is null)
                _terminating.Remove(name);
            else
                _terminating[name] = value.IsTerminating;
        }
        foreach (var (id, pod) in changes.Pods)
            Update(id, pod);
        var policies = new Dictionary<PolicyId, Policy?>();
        foreach (var (id, policy) in changes.Policies)
        {
            if (id.Kind != PolicyKind.NetworkPolicy || Update(id, policy, now))
                policies.Add(id, policy);
        }
        Restore(policies, now);
        Release(policies);
        return changes with { Policies = policies.ToValueArray() };
    }

    /// <summary>Whether deletions of the namespace's policies are deferred.</summary>
    private bool DefersDeletions(string space) => _pods.ContainsKey(space) && !IsActive(space);

    private bool IsActive(string space) => _terminating.TryGetValue(space, out var isTerminating) && !isTerminating;

    /// <summary>Pods in their node's network are no subjects and do not count.</summary>
    private void Update(PodId id, Pod? pod)
    {
        if (pod is { HostNetwork: false })
        {
            if (!_pods.TryGetValue(id.Namespace, out var names))
                _pods[id.Namespace] = names = new(StringComparer.Ordinal);
            names.Add(id.Name);
        }
        else if (_pods.TryGetValue(id.Namespace, out var names) && names.Remove(id.Name) && names.Count == 0)
        {
            _pods.Remove(id.Namespace);
        }
    }

    /// <returns>Whether the change takes effect now.</returns>
    private bool Update(PolicyId id, Policy? policy, DateTimeOffset now)
    {
        if (policy is not null)
        {
            _policies[id] = policy;
            _retained.Remove(id);
            _deleted.Remove(id);
            return true;
        }
        if (!_policies.Remove(id, out var before))
            return !_retained.ContainsKey(id) && !_deleted.ContainsKey(id);
        if (DefersDeletions(id.Namespace))
        {
            _retained[id] = before;
            return false;
        }
        if (_pods.ContainsKey(id.Namespace))
            _deleted[id] = (before, now);
        return true;
    }

    private void Restore(Dictionary<PolicyId, Policy?> policies, DateTimeOffset now)
    {
        foreach (var (id, (policy, at)) in _deleted)
        {
            var isKept = DefersDeletions(id.Namespace);
            if (now - at <= MaxWatchLag && !isKept)
                continue;
            _deleted.Remove(id);
            if (now - at > MaxWatchLag)
                continue;
            _retained[id] = policy;
            policies[id] = policy;
        }
    }

    private void Release(Dictionary<PolicyId, Policy?> policies)
    {
        foreach (var id in _retained.Keys)
        {
            if (DefersDeletions(id.Namespace))
                continue;
            _retained.Remove(id);
            policies[id] = null;
        }
    }
}
