using NetPol.Kubernetes.Client;
using NetPol.Model.Diagnostics;
using NetPol.Model.Policies;

namespace NetPol.Kubernetes.Watching;

/// <summary>What stands for a policy when reading it fails, which is a fault of the reader: one that allows nothing.</summary>
internal static class UnreadablePolicy
{
    /// <summary>
    /// The policy as it was read before, isolated. Of a NetworkPolicy that was never read, one that isolates all pods of its namespace; of another kind null,
    /// since nobody knows its pods.
    /// </summary>
    public static WatchedPolicy? Instead(string kind, WatchedObject live, WatchedPolicy? before, Exception error)
    {
        var reason = $"it cannot be read: {error.Message}";
        var isolation = new PolicyIsolation(IsolationDegree.AllowsNothing, reason);
        var subject = $"{kind} {live.Id}";
        var diagnostic = new Diagnostic("unreadable-object", Severity.Error, null, subject, "", $"{reason}: write it otherwise, and report this");
        if (before is not null)
            return before with { Policy = before.Policy with { Isolation = isolation }, Uid = live.Uid, Generation = live.Generation, Diagnostics = [diagnostic] };
        if (kind is not nameof(PolicyKind.NetworkPolicy))
            return null;
        var id = new PolicyId(PolicyKind.NetworkPolicy, live.Namespace, live.Name);
        var policy = new Policy(id, Tier.NetworkPolicy, 0, PodSelection.InNamespace(live.Namespace, LabelSelector.Everything), [], []) { Isolation = isolation };
        return new(policy, live.Uid, live.Generation, [diagnostic]);
    }
}
