using NetPol.Model.Policies;

namespace NetPol.Model.Cluster;

/// <summary>
/// Keeps the NetworkPolicies of a namespace that is being deleted in force until its pods are gone. The API server deletes a namespace's objects in any
/// order, so its policies may go while its pods still run for their grace period (CVE-2024-7598). Takes every change of a cluster, in order, and gives the
/// changes that the rules follow. Not for use by two threads at once.
/// </summary>
/// <remarks>
/// The deletion of a policy takes effect at once where the namespace is known and not being deleted, and where no pod is left. It waits otherwise, until the
/// last pod of the namespace is gone, or a namespace of the same name that is not being deleted is there. Policies that were gone when the first change came
/// are not known here.
/// </remarks>
public sealed class RetainedPolicies
{
    /// <summary>
    /// The watches of namespaces and of policies are not in step: a policy that was deleted no longer ago than this comes back when the news arrives that its
    /// namespace is being deleted.
    /// </summary>
    public static TimeSpan Lag { get; } = TimeSpan.FromSeconds(30);

    private readonly Dictionary<string, bool> _terminating = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<string>> _pods = new(StringComparer.Ordinal);
    private readonly Dictionary<PolicyId, Policy> _policies = [];
    private readonly Dictionary<PolicyId, Policy> _retained = [];
    private readonly Dictionary<PolicyId, (Policy Policy, DateTimeOffset At)> _deleted = [];

    /// <summary>How many policies are in force though their objects are gone.</summary>
    public int Count => _retained.Count;

    /// <param name="changes">What changed in the cluster.</param>
    /// <param name="now">When that was seen.</param>
    /// <returns>The same, but for deletions of policies that wait, those that no longer wait, and policies that come back.</returns>
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
            Put(id, pod);
        var policies = new Dictionary<PolicyId, Policy?>();
        foreach (var (id, policy) in changes.Policies)
        {
            if (id.Kind != PolicyKind.NetworkPolicy || Put(id, policy, now))
                policies.Add(id, policy);
        }
        Restore(policies, now);
        Release(policies);
        return changes with { Policies = policies.ToValueArray() };
    }

    /// <summary>Whether the deletion of the namespace's policies waits.</summary>
    private bool Keeps(string space) => _pods.ContainsKey(space) && !IsActive(space);

    private bool IsActive(string space) => _terminating.TryGetValue(space, out var isTerminating) && !isTerminating;

    /// <summary>A pod in its node's network is no subject of any policy.</summary>
    private void Put(PodId id, Pod? pod)
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
    private bool Put(PolicyId id, Policy? policy, DateTimeOffset now)
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
        if (Keeps(id.Namespace))
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
            var isKept = Keeps(id.Namespace);
            if (now - at <= Lag && !isKept)
                continue;
            _deleted.Remove(id);
            if (now - at > Lag)
                continue;
            _retained[id] = policy;
            policies[id] = policy;
        }
    }

    private void Release(Dictionary<PolicyId, Policy?> policies)
    {
        foreach (var id in _retained.Keys)
        {
            if (Keeps(id.Namespace))
                continue;
            _retained.Remove(id);
            policies[id] = null;
        }
    }
}
