using NetPol.Kubernetes.Services;
using NetPol.Model;
using NetPol.Model.Diagnostics;
using NetPol.Model.Policies;

namespace NetPol.Kubernetes.Lints;

/// <summary>Finds networks that hold the addresses of Services: a connection to one is judged by the addresses of its endpoints.</summary>
internal static class ServiceAddressLint
{
    /// <summary>A shorter prefix may well be about something else.</summary>
    private const int ShortestV4 = 16;
    private const int ShortestV6 = 64;

    public static void Check(LintWorld world, LintedRule rule, List<Diagnostic> found)
    {
        foreach (var (peer, path, line) in rule.Peers())
        {
            if (peer is not Peer.Network { Cidr: var network } || network.PrefixLength < (network.Network.Family == IpFamily.V4 ? ShortestV4 : ShortestV6))
                continue;
            if (world.Services.Find(s => Holds(s, network)) is not { } service || HoldsOthers(world, network))
                continue;
            found.Add(rule.Warning("service-address", path, line, rule.Direction == Direction.Egress
                ? $"{network} holds the address of Service {service.Id}, and a connection to it is judged by the addresses of its endpoints: select its pods instead{(service.Pods is null ? ", or name the addresses of its endpoints" : "")}"
                : $"{network} holds the address of Service {service.Id}, and no connection comes from the address of a Service: select the pods that connect instead"));
        }
    }

    /// <summary>Others may have addresses beside those outside the cluster.</summary>
    private static bool Holds(Service service, Cidr network) =>
        service.Addresses.Any(network.Contains) || (network.PrefixLength == network.Network.Bits && service.ExternalAddresses.Contains(network.Network));

    private static bool HoldsOthers(LintWorld world, Cidr network) =>
        world.Pods.Exists(p => p.Addresses.Any(network.Contains)) || world.Nodes.Exists(n => n.Addresses.Any(network.Contains));
}
