using NetPol.Kubernetes.Services;
using NetPol.Model;
using NetPol.Model.Diagnostics;
using NetPol.Model.Policies;

namespace NetPol.Kubernetes.Lints;

/// <summary>Finds networks of clients that pods never see, since a Service of the node's ports replaces the address of its clients by a node's.</summary>
internal static class ClientAddressLint
{
    public static void Check(LintWorld world, List<Diagnostic> found)
    {
        var external = world.Services.FindAll(s => s is { IsExternal: true, IsLocal: false, Pods: not null });
        if (external.Count == 0)
            return;
        foreach (var rule in LintedRule.Of(world).Where(r => r.Direction == Direction.Ingress && r.Rule.Peers.Any(p => p is Peer.Network)))
        {
            var pods = world.Select(rule.Policy.Subject).Pods;
            var service = pods.SelectMany(world.ServicesOf).FirstOrDefault(s => external.Contains(s) && s.Ports.Any(p => Concerns(rule.Rule, p)));
            if (service is null)
                continue;
            foreach (var (peer, path, line) in rule.Peers())
            {
                if (peer is not Peer.Network { Cidr: var network } || network.PrefixLength == 0 || HoldsCluster(world, network))
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
    private static bool HoldsCluster(LintWorld world, Cidr network) =>
        world.Nodes.Exists(n => n.Addresses.Any(network.Contains) || n.PodNetworks.Any(p => p.Contains(network) || network.Contains(p))) ||
        world.Pods.Exists(p => p.Addresses.Any(network.Contains));
}
