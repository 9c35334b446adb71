using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.RuleSets;
using NetPol.Testing.Generation;

namespace NetPol.Testing.Oracles;

/// <summary>Follows a connection to a Service's address or node port to each endpoint, as kube-proxy does, and evaluates it there. Shares no code with the command line.</summary>
public static class ServiceOracle
{
    /// <summary>Returns what becomes of the connection at each endpoint, by pod. Empty if no Service listens there, or if it has no endpoint for the connection.</summary>
    /// <param name="cluster">The cluster.</param>
    /// <param name="services">Its Services.</param>
    /// <param name="client">A live pod.</param>
    /// <param name="address">The address that the pod connects to.</param>
    /// <param name="protocol">TCP, UDP or SCTP.</param>
    /// <param name="port">The port that the pod connects to.</param>
    public static IReadOnlyList<ServiceVerdict> Evaluate(
        ClusterSnapshot cluster, IReadOnlyCollection<GeneratedService> services, Pod client, IpAddress address, Protocol protocol, ushort port)
    {
        foreach (var service in services)
        {
            var at = service.Ports.FirstOrDefault(p => p.Protocol == protocol && p.Number == port);
            if (at is not null && service.Addresses.Contains(address))
                return Evaluate(cluster, service, at, client, address, null);
        }
        var node = cluster.Nodes.FirstOrDefault(n => n.Addresses.Contains(address));
        foreach (var service in services)
        {
            var at = service.Ports.FirstOrDefault(p => p.Protocol == protocol && p.NodePort == port);
            if (at is not null && node is not null)
                return Evaluate(cluster, service, at, client, address, node);
        }
        return [];
    }

    private static List<ServiceVerdict> Evaluate(ClusterSnapshot cluster, GeneratedService service, GeneratedServicePort port, Pod client, IpAddress address, Node? node)
    {
        var found = new List<ServiceVerdict>();
        foreach (var pod in cluster.Pods)
        {
            var isSelected = pod.Id.Namespace == service.Namespace && service.Selector.Pairs.All(l => pod.Labels.Pairs.Contains(l));
            var isRefused = node is not null && service.IsLocal && pod.Node != node.Name;
            // A Service has an address of each family that it serves.
            var serves = service.ClusterIps.Any(a => a.Family == address.Family);
            if (!isSelected || pod.Finished || isRefused || !serves)
                continue;
            var target = port.TargetName is { } name
                ? pod.Ports.FirstOrDefault(p => p.Name == name && p.Protocol == port.Protocol)?.Number
                : port.Target ?? port.Number;
            var (from, to) = (FirstOf(client, address.Family), FirstOf(pod, address.Family));
            if (target is not { } number || from is not { } source || to is not { } destination)
                continue;
            var direct = new Connection(source, destination, port.Protocol, number) { IsThroughService = true };
            // The client's node translates a Service's address. The node with the node port translates that one.
            var leaving = node is null || client.Node == node.Name ? direct : new Connection(source, address, port.Protocol, port.NodePort!.Value);
            // A node that forwards to a pod elsewhere puts its own address in place of the client's.
            var arriving = node is null || pod.Node == node.Name ? direct : new Connection(address, destination, port.Protocol, number);
            var egress = Oracle.EvaluateSide(cluster, leaving, NetPol.Model.Policies.Direction.Egress).Verdict;
            var ingress = Oracle.EvaluateSide(cluster, arriving, NetPol.Model.Policies.Direction.Ingress).Verdict;
            found.Add(new(pod, node, egress == Verdict.Allow && ingress == Verdict.Allow ? Verdict.Allow : Verdict.Deny));
        }
        return found;
    }

    private static IpAddress? FirstOf(Pod pod, IpFamily family) => pod.Addresses.Where(a => a.Family == family).Select(a => (IpAddress?)a).FirstOrDefault();
}

/// <summary>The verdict at one endpoint of a Service.</summary>
/// <param name="Pod">The endpoint.</param>
/// <param name="Node">The node whose node port the client connects to. Null for a Service's address.</param>
/// <param name="Verdict">The verdict.</param>
public sealed record ServiceVerdict(Pod Pod, Node? Node, Verdict Verdict);
