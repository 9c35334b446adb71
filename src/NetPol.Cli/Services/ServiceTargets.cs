using NetPol.Cli.Connections;
using NetPol.Cli.Infrastructure;
using NetPol.Cli.Input;
using NetPol.Kubernetes.Manifests;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.RuleSets;

namespace NetPol.Cli.Services;

/// <summary>Follows a Service to its endpoints: those of its selector, or those that are written for it.</summary>
internal static class ServiceTargets
{
    /// <summary>The endpoints that connections by this entry can go to; at least one.</summary>
    /// <exception cref="CommandException">There is none, or the Service has no such port.</exception>
    public static async Task<IReadOnlyList<ServiceTarget>> ReadAsync(
        ServiceEntry entry, LoadedManifests loaded, ClusterSnapshot cluster, ClusterSource source, CancellationToken cancel)
    {
        var service = entry.Service;
        var targets = service.Pods is { } selector
            ? SelectedTargets.Find(service, selector, entry.Port, cluster)
            : EndpointSliceTargets.Find(service, entry.Port, await ServiceFinder.EndpointsAsync(service, loaded, source, cancel), new(loaded.Snapshot, cluster));
        if (entry.Address is { } address)
        {
            targets = [.. targets.Select(t => t.Over(address.Family)).OfType<ServiceTarget>()];
            if (targets.Count == 0)
                throw new CommandException($"the Service {service.Id} has no endpoint with an {(address.Family == IpFamily.V4 ? "IPv4" : "IPv6")} address, so a connection to {address} goes nowhere");
        }
        return entry is { Node: { } node, Service.IsExternalTrafficLocal: true } ? OnNode(targets, service.Id, node.Name) : targets;
    }

    private static List<ServiceTarget> OnNode(IReadOnlyList<ServiceTarget> targets, string service, string node)
    {
        var local = targets.Where(t => string.Equals(t.Endpoint.Pod?.Node, node, StringComparison.Ordinal)).ToList();
        return local.Count > 0
            ? local
            : throw new CommandException($"the Service {service} has externalTrafficPolicy Local and no endpoint on {node}, so {node} drops the connection");
    }
}

/// <summary>A connection as the nodes of its two ends see it. They differ only for a node port, which another node may translate.</summary>
/// <param name="AtSource">As the node of the client judges it.</param>
/// <param name="AtDestination">As the node of the destination judges it.</param>
internal sealed record EvaluatedRoute(Connection AtSource, Connection AtDestination)
{
    /// <summary>Between two endpoints, without a Service: one for each family that they have in common.</summary>
    public static IEnumerable<EvaluatedRoute> Between(Endpoint from, Endpoint to, DestinationPort port) =>
        Endpoint.Routes(from, to).Select(route => Connect(route.Source, route.Destination, port)).Select(c => new EvaluatedRoute(c, c));

    /// <summary>Through a Service to one of its endpoints: one for each family that the client and the endpoint have in common.</summary>
    public static IEnumerable<EvaluatedRoute> Through(ServiceEntry entry, Endpoint from, ServiceTarget target) =>
        Endpoint.Routes(from, target.Endpoint).Select(route => Through(entry, from, target, route.Source, route.Destination));

    private static EvaluatedRoute Through(ServiceEntry entry, Endpoint from, ServiceTarget target, IpAddress source, IpAddress destination)
    {
        var direct = Connect(source, destination, target.Port) with { IsThroughService = entry.IsTranslated };
        if (entry is not { Node: { } node, Address: { } nodeAddress })
            return new(direct, direct);
        // Only the node that has the address translates it: the node of a client elsewhere sees the node port.
        var leavesTranslated = from.Pod is null || Runs(node.Name, from);
        var leaving = leavesTranslated ? direct : Connect(source, nodeAddress, new(target.Port.Protocol, entry.NodePort));
        // On its way to another node the connection gets the node's address as its source, so that replies come back to the node.
        var keepsSource = target.Endpoint.Pod is null || Runs(node.Name, target.Endpoint);
        return new(leaving, keepsSource ? direct : Connect(nodeAddress, destination, target.Port));
    }

    private static bool Runs(string node, Endpoint endpoint) => string.Equals(endpoint.Pod?.Node, node, StringComparison.Ordinal);

    private static Connection Connect(IpAddress source, IpAddress destination, DestinationPort port) => new(source, destination, port.In(destination.Family), port.Number);
}

/// <summary>A pod or an address behind a Service, and the port on which a connection reaches it.</summary>
internal sealed record ServiceTarget(Endpoint Endpoint, DestinationPort Port)
{
    /// <summary>The target by its addresses of one family; null when it has none.</summary>
    public ServiceTarget? Over(IpFamily family) =>
        Endpoint.Addresses.Any(a => a.Family == family) ? this with { Endpoint = Endpoint with { Addresses = [.. Endpoint.Addresses.Where(a => a.Family == family)] } } : null;

    /// <summary>Those of the targets that have an address family in common with the source; the others are told.</summary>
    /// <exception cref="CommandException">There are none.</exception>
    public static IReadOnlyList<ServiceTarget> ReachableFrom(Endpoint source, IReadOnlyList<ServiceTarget> targets)
    {
        var near = targets.Where(t => Endpoint.Route(source, t.Endpoint) is not null).ToList();
        var far = string.Join(", ", targets.Except(near).Select(t => t.Endpoint.Name).Distinct(StringComparer.Ordinal));
        if (near.Count == 0)
            throw new CommandException($"{source.Name} and {far} have no address family in common: there is no connection between them");
        if (far.Length > 0)
            Console.Error.WriteLine($"note: {source.Name} and {far} have no address family in common, so no connection goes there");
        return near;
    }
}
