using NetPol.Kubernetes.Client;
using NetPol.Kubernetes.Objects.Common;
using NetPol.Model;
using NetPol.Model.Diagnostics;
using NetPol.Model.Policies;

namespace NetPol.Kubernetes.Watch;

/// <summary>A policy with what its status needs.</summary>
/// <param name="Policy">The policy, stricter than written where it is faulty.</param>
/// <param name="Uid">Distinguishes it from others that had its name.</param>
/// <param name="Generation">Which form of its spec this is.</param>
/// <param name="Diagnostics">What is wrong with it, or worth a word.</param>
public sealed record WatchedPolicy(Policy Policy, string Uid, long Generation, ValueArray<Diagnostic> Diagnostics)
{
    /// <summary>Whether the policy takes part in the rules. False for one of the admin kinds that NetPol fails to read and never read before: its pods are unknown.</summary>
    public bool IsEnforced { get; init; } = true;

    /// <summary>Reads a policy; null for one that has no effect.</summary>
    internal static WatchedPolicy? Read(IObjectReader<Policy> reader, ReceivedObject live)
    {
        var diagnostics = new List<Diagnostic>();
        return ReceivedObjectReader.Read(reader, live, diagnostics) is { } policy ? new(policy, live.Uid, live.Generation, diagnostics.ToValueArray()) : null;
    }
}

/// <summary>Replaces a policy when reading it fails, which is a fault of the reader.</summary>
internal static class UnreadablePolicy
{
    /// <summary>
    /// The policy as it was read before, isolated. A NetworkPolicy that was never read isolates all pods of its namespace. A policy of another kind that
    /// was never read is not enforced, because its pods are unknown: it is there to be reported.
    /// </summary>
    public static WatchedPolicy CreateReplacement(PolicyKind kind, ReceivedObject live, WatchedPolicy? before, Exception error)
    {
        var reason = $"it cannot be read: {error.Message}";
        var isolation = new PolicyIsolation(IsolationDegree.AllowsNothing, reason);
        var diagnostic = new Diagnostic("unreadable-object", Severity.Error, null, $"{kind} {live.Id}", "", $"{reason}: write it otherwise, and report this");
        if (before is { IsEnforced: true })
            return before with { Policy = before.Policy with { Isolation = isolation }, Uid = live.Uid, Generation = live.Generation, Diagnostics = [diagnostic] };
        var id = new PolicyId(kind, live.Namespace, live.Name);
        if (kind == PolicyKind.NetworkPolicy)
        {
            var all = new Policy(id, Tier.NetworkPolicy, 0, PodSelection.InNamespace(live.Namespace, LabelSelector.Everything), [], []) { Isolation = isolation };
            return new(all, live.Uid, live.Generation, [diagnostic]);
        }
        var nothing = new Policy(id, Tier.Admin, 0, PodSelection.InNamespaces(LabelSelector.Everything), Ingress: null, Egress: null);
        return new(nothing, live.Uid, live.Generation, [diagnostic]) { IsEnforced = false };
    }
}
