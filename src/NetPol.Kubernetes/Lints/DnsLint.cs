using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Diagnostics;
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

    public static void Check(LintWorld world, List<Diagnostic> found)
    {
        var policies = world.Policies.Where(p => p.Value is { Egress: not null, IsAudited: false }).ToList();
        var opening = policies.FindAll(p => p.Value.Egress!.Value.Any(r => r.Action == RuleAction.Allow && OpensDns(world, r)));
        foreach (var (header, policy) in policies.Where(p => p.Value.Tier == Tier.NetworkPolicy && p.Value.Egress!.Value.Any(NeedsNames)))
        {
            var pods = world.Select(policy.Subject).Pods;
            var isForgotten = pods.Count == 0
                ? !opening.Exists(o => MayMeet(policy.Subject, o.Value.Subject))
                : pods.Exists(pod => !opening.Exists(o => Selects(world, o.Value.Subject, pod)));
            if (isForgotten)
            {
                found.Add(LintedRule.Warning(header, "egress-without-dns", "spec.egress", header.Body.Self.Line,
                    "its pods call others and may not ask a name server: allow UDP and TCP 53 to the cluster's DNS (namespaceSelector kubernetes.io/metadata.name: kube-system, podSelector k8s-app: kube-dns)"));
            }
        }
    }

    /// <summary>Whether the rule leads to pods or to everywhere: clients find those by name. Addresses need no name.</summary>
    private static bool NeedsNames(Rule rule) => rule.Peers.Any(p => p is Peer.Pods or Peer.Any);

    private static bool OpensDns(LintWorld world, Rule rule)
    {
        if (rule.Ports is { } ports)
            return ports.Any(IsDns);
        return rule.Peers.Any(p => p switch
        {
            Peer.Any => true,
            Peer.Pods { Selection: var selection } => MayBeSystem(world, selection),
            Peer.Network { Cidr: var network } => network.PrefixLength <= (network.Network.Family == IpFamily.V4 ? WidestV4 : WidestV6) || network.PrefixLength == network.Network.Bits,
            _ => true,
        });
    }

    private static bool IsDns(PortMatch port) => port switch
    {
        PortMatch.Numbers { Protocol: Model.Protocol.Udp or Model.Protocol.Tcp, Range: var range } => Array.Exists(DnsPorts, range.Contains),
        PortMatch.Named named => named.Name.Contains("dns", StringComparison.Ordinal),
        _ => false,
    };

    /// <summary>Whether the selection may hold pods of kube-system, or pods that are name servers by their labels.</summary>
    private static bool MayBeSystem(LintWorld world, PodSelection selection)
    {
        if (selection.Pods.Requirements.Concat(selection.Namespaces.Requirements).Any(r => r.Values.Any(v => v.Contains("dns", StringComparison.Ordinal) || v is LintWorld.SystemNamespace)))
            return true;
        return selection.Namespace is LintWorld.SystemNamespace ||
            (selection.Namespace is null && world.Select(selection).Namespaces.Exists(n => string.Equals(n.Name, LintWorld.SystemNamespace, StringComparison.Ordinal)));
    }

    private static bool Selects(LintWorld world, PodSelection subject, Pod pod) => world.Select(subject).Holds(pod);

    /// <summary>Whether one pod may be a subject of both.</summary>
    private static bool MayMeet(PodSelection subject, PodSelection other) =>
        (other.Namespace is null || string.Equals(subject.Namespace, other.Namespace, StringComparison.Ordinal)) && !Excludes(subject.Pods, other.Pods);

    private static bool Excludes(LabelSelector one, LabelSelector other) => one.Requirements.Any(a => a.Operator == SelectorOperator.In && other.Requirements.Any(b =>
        b.Operator == SelectorOperator.In && string.Equals(a.Key, b.Key, StringComparison.Ordinal) && !a.Values.Any(v => b.Values.Contains(v, StringComparer.Ordinal))));
}
