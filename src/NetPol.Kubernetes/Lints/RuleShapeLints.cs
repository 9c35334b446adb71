using NetPol.Model.Diagnostics;
using NetPol.Model.Policies;

namespace NetPol.Kubernetes.Lints;

/// <summary>Finds two selectors in two items of a list where one item with both makes sense: two items are alternatives.</summary>
internal static class SeparatePeersLint
{
    private static readonly string[] DnsLabels = ["kube-dns", "coredns", "node-local-dns"];

    /// <summary>Returns whether there are such items.</summary>
    public static bool Check(LintContext cluster, LintedRule rule, List<Diagnostic> found)
    {
        if (rule.Policy.Id.Kind != PolicyKind.NetworkPolicy)
            return false;
        var before = found.Count;
        var peers = rule.Peers().ToList();
        for (var i = 1; i < peers.Count; i++)
        {
            if (peers[i - 1].Peer is not Peer.Pods { Selection: var first } || peers[i].Peer is not Peer.Pods { Selection: var second })
                continue;
            var (namespaces, pods) = IsNamespaces(first) ? (first, second) : (second, first);
            if (!IsNamespaces(namespaces) || !IsPods(pods) || !IsLikelyMistake(cluster, rule.Policy.Id.Namespace, namespaces, pods, isUsualOrder: namespaces == first))
                continue;
            found.Add(rule.Warning("and-written-as-or", peers[i].Path, peers[i].Line,
                $"two items are alternatives: every pod of namespaces {namespaces.Namespaces}, and also pods {pods.Pods} of {rule.Policy.Id.Namespace}; if both must hold, write one item with namespaceSelector and podSelector"));
        }
        return found.Count > before;
    }

    private static bool IsNamespaces(PodSelection selection) => selection.Namespace is null && selection.Pods.Requirements.IsEmpty;

    private static bool IsPods(PodSelection selection) => selection.Namespace is not null && !selection.Pods.Requirements.IsEmpty;

    private static bool IsLikelyMistake(LintContext cluster, string home, PodSelection namespaces, PodSelection pods, bool isUsualOrder)
    {
        // The second item adds nothing to the first one.
        var there = cluster.Select(namespaces);
        if (there.Namespaces.Exists(n => string.Equals(n.Name, home, StringComparison.Ordinal)) || namespaces.Namespaces.Requirements.IsEmpty)
            return true;
        var isInSystem = there.Namespaces.Exists(n => string.Equals(n.Name, LintContext.SystemNamespace, StringComparison.Ordinal));
        if (isInSystem && home is not LintContext.SystemNamespace && pods.Pods.Requirements.Any(r => r.Values.Any(v => DnsLabels.Contains(v, StringComparer.Ordinal))))
            return true;
        var hasThere = there.There.Exists(p => pods.Pods.Matches(p.Labels));
        return hasThere && (isUsualOrder || cluster.Select(pods).Matching.Count == 0);
    }
}

/// <summary>Finds lists without items in rules of NetworkPolicies: they read like nothing, and mean everything.</summary>
internal static class EmptyListLint
{
    public static void Check(LintedRule rule, List<Diagnostic> found)
    {
        if (rule.Policy.Id.Kind != PolicyKind.NetworkPolicy)
            return;
        var direction = rule.Direction.ToString().ToLowerInvariant();
        if (rule.FindEmptyList(rule.PeersField) is var (peers, peersLine))
        {
            found.Add(rule.Warning("empty-peers", peers, peersLine,
                $"without items it means every peer, inside and outside the cluster: leave it out if that is intended, write peers if not; {direction}: [] allows nothing"));
        }
        if (rule.FindEmptyList(rule.PortsField) is var (ports, portsLine))
        {
            found.Add(rule.Warning("empty-ports", ports, portsLine,
                "without items it means every port and protocol: leave it out if that is intended, write ports if not"));
        }
    }
}
