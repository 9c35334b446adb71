using NetPol.Kubernetes.Objects;
using NetPol.Model.Diagnostics;
using NetPol.Model.Net;
using NetPol.Model.Policies;

namespace NetPol.Kubernetes.Lints;

/// <summary>Finds networks of clients that pods never see, since a Service of the node's ports replaces the address of its clients by a node's.</summary>
internal static class ClientAddressLint
{
    public static void Check(LintContext cluster, List<Diagnostic> found)
    {
        var external = cluster.Services.FindAll(s => s is { IsExternal: true, IsExternalTrafficLocal: false, Pods: not null });
        if (external.Count == 0)
            return;
        foreach (var rule in LintedRule.RulesOf(cluster).Where(r => r.Direction == Direction.Ingress && r.Rule.Peers.Any(p => p is Peer.Network)))
        {
            var pods = cluster.Select(rule.Policy.Subject).Pods;
            var service = pods.SelectMany(cluster.ServicesOf).FirstOrDefault(s => external.Contains(s) && s.Ports.Any(p => Concerns(rule.Rule, p)));
            if (service is null)
                continue;
            foreach (var (peer, path, line) in rule.Peers())
            {
                if (peer is not Peer.Network { Cidr: var network } || network.PrefixLength == 0 || HoldsCluster(cluster, network))
                    continue;
                found.Add(rule.Warning("client-address-lost", path, line,
                    $"clients of Service {service.Id} have a node's address when they arrive, so {network} does not match them: set externalTrafficPolicy: Local on the Service, or filter in the load balancer (loadBalancerSourceRanges)"));
            }
        }
    }

    private static bool Concerns(Rule rule, ServicePort port) => rule.Ports is not { } ports || ports.Any(p => p switch
    {
        PortMatch.Numbers numbers => numbers.Protocol == port.Protocol && (port.TargetName is not null || numbers.Range.Contains(port.Target)),
        PortMatch.Named named => port.TargetName is null || string.Equals(port.TargetName, named.Name, StringComparison.Ordinal),
        _ => false,
    });

    /// <summary>Whether the network is about the cluster itself: it holds a node, whose address the clients get, or pods.</summary>
    private static bool HoldsCluster(LintContext cluster, Cidr network) =>
        cluster.Nodes.Exists(n => n.Addresses.Any(network.Contains) || n.PodCidrs.Any(p => p.Contains(network) || network.Contains(p))) ||
        cluster.Pods.Exists(p => p.Addresses.Any(network.Contains));
}

/// <summary>Finds networks that contain addresses of Services. Policies evaluate a connection to a Service by the addresses of its endpoints.</summary>
internal static class ServiceAddressLint
{
    /// <summary>A shorter prefix may well be about something else.</summary>
    private const int ShortestV4 = 16;
    private const int ShortestV6 = 64;

    public static void Check(LintContext cluster, LintedRule rule, List<Diagnostic> found)
    {
        foreach (var (peer, path, line) in rule.Peers())
        {
            if (peer is not Peer.Network { Cidr: var network } || network.PrefixLength < (network.Network.Family == IpFamily.V4 ? ShortestV4 : ShortestV6))
                continue;
            if (cluster.Services.Find(s => Holds(s, network)) is not { } service || HoldsOthers(cluster, network))
                continue;
            found.Add(rule.Warning("service-address", path, line, rule.Direction == Direction.Egress
                ? $"{network} holds the address of Service {service.Id}, and policies apply to a connection to it by the addresses of its endpoints: select its pods instead{(service.Pods is null ? ", or name the addresses of its endpoints" : "")}"
                : $"{network} holds the address of Service {service.Id}, and no connection comes from the address of a Service: select the pods that connect instead"));
        }
    }

    /// <summary>Others may have addresses beside those outside the cluster.</summary>
    private static bool Holds(Service service, Cidr network) =>
        service.Addresses.Any(network.Contains) || (network.PrefixLength == network.Network.Bits && service.ExternalAddresses.Contains(network.Network));

    private static bool HoldsOthers(LintContext cluster, Cidr network) =>
        cluster.Pods.Exists(p => p.Addresses.Any(network.Contains)) || cluster.Nodes.Exists(n => n.Addresses.Any(network.Contains));
}
