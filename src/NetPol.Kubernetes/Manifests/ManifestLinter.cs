using NetPol.Kubernetes.Objects;
using NetPol.Kubernetes.Objects.Common;
using NetPol.Model.Cluster;
using NetPol.Model.Diagnostics;
using NetPol.Model.Policies;

namespace NetPol.Kubernetes.Manifests;

/// <summary>Warns of what is allowed and seldom intended, seen from all objects together.</summary>
internal static class ManifestLinter
{
    private const int MaxNames = 3;

    /// <summary>Namespaces that every cluster has.</summary>
    private static readonly string[] BuiltInNamespaces = ["default", "kube-system", "kube-public", "kube-node-lease"];

    public static void Check(ManifestSet manifests, ClusterSnapshot snapshot, List<Diagnostic> diagnostics)
    {
        var declared = manifests.Namespaces.Select(n => n.Header.Name).Concat(BuiltInNamespaces).ToHashSet(StringComparer.Ordinal);
        ImpliedNamespaces(manifests, declared, diagnostics);
        MissingNamespaces(manifests, declared, diagnostics);
        FindPriorityConflicts(manifests, diagnostics);
        SelectNothing(manifests, snapshot, declared, diagnostics);
        SharedAddresses(manifests, diagnostics);
    }

    /// <summary>Says why labels match only pods that selectors never select; null where they match no such pod, or another one too.</summary>
    public static (string Code, string Message)? Unselectable(IReadOnlyCollection<Pod> matching, bool isSubject)
    {
        if (matching.Count == 0 || matching.Any(p => p.IsSelectable))
            return null;
        var onHost = matching.Where(p => p is { HostNetwork: true, Finished: false }).ToList();
        var named = onHost.Count > 0 ? onHost : matching;
        var names = string.Join(", ", named.Take(MaxNames).Select(p => p.Id)) + (named.Count > MaxNames ? " and others" : "");
        if (onHost.Count == 0)
            return ("selects-finished", isSubject
                ? $"its labels match only pods that have finished ({names}), and a policy applies to such a pod only until it is deleted: select pods that run"
                : $"its labels match only pods that have finished ({names}), and no selector matches such a pod as a peer: select pods that run");
        var finished = matching.Count > onHost.Count ? " and finished ones" : "";
        return ("selects-host-network", isSubject
            ? $"its labels match only pods on the host's network ({names}){finished}, and no policy applies to those (hostNetwork: true): filter on their nodes, or remove hostNetwork"
            : $"its labels match only pods on the host's network ({names}){finished}, and no selector matches those (hostNetwork: true): name their nodes' addresses in an ipBlock, or nodes in the egress of a ClusterNetworkPolicy");
    }

    private static void ImpliedNamespaces(ManifestSet manifests, HashSet<string> declared, List<Diagnostic> diagnostics)
    {
        if (!manifests.Policies.Exists(p => SelectsByLabels(p.Value)))
            return;
        var homes = manifests.Pods.Select(p => p.Header).Concat(manifests.Workloads.Select(w => w.Header))
            .Where(h => !declared.Contains(h.Namespace))
            .GroupBy(h => h.Namespace, StringComparer.Ordinal);
        foreach (var home in homes)
        {
            diagnostics.Add(Warning("implied-namespace", home.MinBy(h => h.Location)!, "metadata.namespace",
                $"there is no Namespace {home.Key} among the objects: it is taken to have no labels but its name; add it if policies select it by labels"));
        }
    }

    /// <summary>Whether it selects namespaces by other labels than their names.</summary>
    private static bool SelectsByLabels(Policy policy)
    {
        var peers = (policy.Ingress ?? []).Concat(policy.Egress ?? []).SelectMany(r => r.Peers).OfType<Peer.Pods>().Select(p => p.Selection);
        return peers.Prepend(policy.Subject).Any(s => s.Namespaces.Requirements.Any(r => r.Key is not NamespaceReader.NameLabel));
    }

    private static void MissingNamespaces(ManifestSet manifests, HashSet<string> declared, List<Diagnostic> diagnostics)
    {
        // Policies by themselves are the usual content of a repository.
        var homes = manifests.Pods.Select(p => p.Header.Namespace).Concat(manifests.Workloads.Select(w => w.Header.Namespace)).ToHashSet(StringComparer.Ordinal);
        if (manifests.Namespaces.Count == 0 && homes.Count == 0)
            return;
        foreach (var (header, _) in manifests.Policies.Where(p => p.Header.Namespace.Length > 0 && !declared.Contains(p.Header.Namespace) && !homes.Contains(p.Header.Namespace)))
        {
            diagnostics.Add(Warning("missing-namespace", header, "metadata.namespace",
                $"there is no Namespace {header.Namespace} among the objects: add it, or correct the name"));
        }
    }

    private static void FindPriorityConflicts(ManifestSet manifests, List<Diagnostic> diagnostics)
    {
        var ties = manifests.Policies
            .Where(p => p.Value.Id.Kind is PolicyKind.AdminNetworkPolicy or PolicyKind.ClusterNetworkPolicy && p.Header.Report.FaultCount == 0)
            .GroupBy(p => (p.Value.Tier, p.Value.Priority));
        foreach (var tie in ties)
        {
            var ordered = tie.OrderBy(p => p.Value, Policy.EvaluationOrder).ToList();
            for (var i = 0; i < ordered.Count; i++)
            {
                var at = ordered.FindIndex(o => o.Value.Id != ordered[i].Value.Id && PriorityConflicts.CanConflict(ordered[i].Value, o.Value));
                if (at < 0)
                    continue;
                var (other, first) = (ordered[at].Value.Id, ordered[Math.Min(i, at)].Value.Id);
                diagnostics.Add(Warning("priority-conflict", ordered[i].Header, "spec.priority",
                    $"{other} has priority {tie.Key.Priority} in tier {tie.Key.Tier} too and decides some of the same connections otherwise, and the API leaves open which comes first; here {first} does: give each its own"));
            }
        }
    }

    private static void SelectNothing(ManifestSet manifests, ClusterSnapshot snapshot, HashSet<string> declared, List<Diagnostic> diagnostics)
    {
        var pods = snapshot.Pods.ToLookup(p => p.Id.Namespace, StringComparer.Ordinal);
        foreach (var (header, policy) in manifests.Policies.Where(p => p.Value.Subject.Namespace is { } home && pods.Count > 0 && (declared.Contains(home) || pods.Contains(home))))
        {
            var matching = pods[policy.Subject.Namespace!].Where(p => policy.Subject.Pods.Matches(p.Labels)).ToList();
            if (Unselectable(matching, isSubject: true) is var (code, message))
                diagnostics.Add(Warning(code, header, "spec.podSelector", message));
            else if (matching.Count == 0)
                diagnostics.Add(Warning("selects-no-pod", header, "spec.podSelector", $"it selects no pod ({policy.Subject}): compare it with the pods' labels"));
        }
    }

    private static void SharedAddresses(ManifestSet manifests, List<Diagnostic> diagnostics)
    {
        var shared = manifests.Pods
            .Where(p => p.Value.Pod.IsSelectable)
            .SelectMany(p => p.Value.Pod.Addresses.Select(a => (Address: a, p.Header)))
            .GroupBy(p => p.Address)
            .Where(g => g.Count() > 1);
        foreach (var group in shared)
        {
            var headers = group.Select(g => g.Header).OrderBy(h => h.Location).ToList();
            foreach (var header in headers.Skip(1))
                diagnostics.Add(Warning("shared-address", header, "status.podIPs", $"Pod {headers[0].Id} has the address {group.Key} too: policies for either hold for both"));
        }
    }

    private static Diagnostic Warning(string code, ObjectHeader header, string field, string message) =>
        new(code, Severity.Warning, header.Location, $"{header.Kind} {header.Id}", field, message);
}
