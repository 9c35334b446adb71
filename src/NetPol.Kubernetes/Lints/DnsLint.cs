using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Diagnostics;
using NetPol.Model.Net;
using NetPol.Model.Policies;

namespace NetPol.Kubernetes.Lints;

/// <summary>
/// Finds NetworkPolicies that let pods call others by name, and leave no way to a name server. A policy that allows nothing, or only addresses outside, is
/// no such policy.
/// </summary>
internal static class DnsLint
{
    private const int WidestV4 = 16;
    private const int WidestV6 = 48;

    /// <summary>Where name servers of clusters listen: 53, and 5353 in the pods of OpenShift.</summary>
    private static readonly ushort[] DnsPorts = [53, 5353];

    public static void Check(LintContext cluster, List<Diagnostic> found)
    {
        var policies = cluster.Policies.Where(p => p.Value is { Egress: not null, IsAudited: false }).ToList();
        var opening = policies.FindAll(p => p.Value.Egress!.Value.Any(r => r.Action == RuleAction.Allow && OpensDns(cluster, r)));
        foreach (var (header, policy) in policies.Where(p => p.Value.Tier == Tier.NetworkPolicy && p.Value.Egress!.Value.Any(NeedsDns)))
        {
            var pods = cluster.Select(policy.Subject).Pods;
            var isForgotten = pods.Count == 0
                ? !opening.Exists(o => MayShareSubject(policy.Subject, o.Value.Subject))
                : pods.Exists(pod => !opening.Exists(o => Selects(cluster, o.Value.Subject, pod)));
            if (isForgotten)
            {
                found.Add(LintedRule.Warning(header, "egress-without-dns", "spec.egress", header.Body.Self.Line,
                    "its pods call others and may not ask a name server: allow UDP and TCP 53 to the cluster's DNS (namespaceSelector kubernetes.io/metadata.name: kube-system, podSelector k8s-app: kube-dns)"));
            }
        }
    }

    /// <summary>Whether the rule leads to pods or to everywhere: clients find those by name. Addresses need no name.</summary>
    private static bool NeedsDns(Rule rule) => rule.Peers.Any(p => p is Peer.Pods or Peer.Any);

    private static bool OpensDns(LintContext cluster, Rule rule)
    {
        if (rule.Ports is { } ports)
            return ports.Any(IsDns);
        return rule.Peers.Any(p => p switch
        {
            Peer.Any => true,
            Peer.Pods { Selection: var selection } => MaySelectDnsServers(cluster, selection),
            Peer.Network { Cidr: var network } => network.PrefixLength <= (network.Network.Family == IpFamily.V4 ? WidestV4 : WidestV6) || network.PrefixLength == network.Network.Bits,
            _ => true,
        });
    }

    private static bool IsDns(PortMatch port) => port switch
    {
        PortMatch.Numbers { Protocol: NetPol.Model.Net.Protocol.Udp or NetPol.Model.Net.Protocol.Tcp, Range: var range } => Array.Exists(DnsPorts, range.Contains),
        PortMatch.Named named => named.Name.Contains("dns", StringComparison.Ordinal),
        _ => false,
    };

    /// <summary>Whether the selection may hold pods of kube-system, or pods that are name servers by their labels.</summary>
    private static bool MaySelectDnsServers(LintContext cluster, PodSelection selection)
    {
        if (selection.Pods.Requirements.Concat(selection.Namespaces.Requirements).Any(r => r.Values.Any(v => v.Contains("dns", StringComparison.Ordinal) || v is LintContext.SystemNamespace)))
            return true;
        return selection.Namespace is LintContext.SystemNamespace ||
            (selection.Namespace is null && cluster.Select(selection).Namespaces.Exists(n => string.Equals(n.Name, LintContext.SystemNamespace, StringComparison.Ordinal)));
    }

    private static bool Selects(LintContext cluster, PodSelection subject, Pod pod) => cluster.Select(subject).Holds(pod);

    /// <summary>Whether one pod may be a subject of both.</summary>
    private static bool MayShareSubject(PodSelection subject, PodSelection other) =>
        (other.Namespace is null || string.Equals(subject.Namespace, other.Namespace, StringComparison.Ordinal)) && !Excludes(subject.Pods, other.Pods);

    private static bool Excludes(LabelSelector one, LabelSelector other) => one.Requirements.Any(a => a.Operator == SelectorOperator.In && other.Requirements.Any(b =>
        b.Operator == SelectorOperator.In && string.Equals(a.Key, b.Key, StringComparison.Ordinal) && !a.Values.Any(v => b.Values.Contains(v, StringComparer.Ordinal))));
}
