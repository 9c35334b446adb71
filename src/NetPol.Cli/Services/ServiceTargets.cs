using NetPol.Cli.Connections;
using NetPol.Cli.Infrastructure;
using NetPol.Cli.Input;
using NetPol.Kubernetes.Manifests;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.RuleSets;

namespace NetPol.Cli.Services;

/// <summary>Resolves a Service to its endpoints: by its selector, or by its EndpointSlices.</summary>
internal static class ServiceTargets
{
    /// <summary>Returns the endpoints that connections through this entry can reach; at least one.</summary>
    /// <exception cref="CommandException">There is no endpoint, or the Service does not have the port.</exception>
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

/// <summary>A connection as the nodes of its two ends see it. The two differ only for a node port, which another node may translate.</summary>
/// <param name="AtSource">The connection as the source's node evaluates it.</param>
/// <param name="AtDestination">The connection as the destination's node evaluates it.</param>
internal sealed record EvaluatedRoute(Connection AtSource, Connection AtDestination)
{
    /// <summary>Returns the routes between two endpoints without a Service, one for each common family.</summary>
    public static IEnumerable<EvaluatedRoute> Between(Endpoint from, Endpoint to, DestinationPort port) =>
        Endpoint.Routes(from, to).Select(route => Connect(route.Source, route.Destination, port)).Select(c => new EvaluatedRoute(c, c));

    /// <summary>Returns the routes through a Service to one of its endpoints, one for each family common to client and endpoint.</summary>
    public static IEnumerable<EvaluatedRoute> Through(ServiceEntry entry, Endpoint from, ServiceTarget target) =>
        Endpoint.Routes(from, target.Endpoint).Select(route => Through(entry, from, target, route.Source, route.Destination));

    private static EvaluatedRoute Through(ServiceEntry entry, Endpoint from, ServiceTarget target, IpAddress source, IpAddress destination)
    {
        var direct = Connect(source, destination, target.Port) with { IsThroughService = entry.IsTranslated };
        if (entry is not { Node: { } node, Address: { } nodeAddress })
            return new(direct, direct);
        // Only the node with this address translates it. The node of a client elsewhere sees the node port.
        var leavesTranslated = from.Pod is null || Runs(node.Name, from);
        var leaving = leavesTranslated ? direct : Connect(source, nodeAddress, new(target.Port.Protocol, entry.NodePort));
        // A node that forwards the connection to another node replaces its source with its own address, so that replies come back to it.
        var keepsSource = target.Endpoint.Pod is null || Runs(node.Name, target.Endpoint);
        return new(leaving, keepsSource ? direct : Connect(nodeAddress, destination, target.Port));
    }

    private static bool Runs(string node, Endpoint endpoint) => string.Equals(endpoint.Pod?.Node, node, StringComparison.Ordinal);

    private static Connection Connect(IpAddress source, IpAddress destination, DestinationPort port) => new(source, destination, port.In(destination.Family), port.Number);
}

/// <summary>A pod or an address behind a Service, and the port on which a connection reaches it.</summary>
internal sealed record ServiceTarget(Endpoint Endpoint, DestinationPort Port)
{
    /// <summary>Returns the target with only its addresses of one family; null when it has none.</summary>
    public ServiceTarget? Over(IpFamily family) =>
        Endpoint.Addresses.Any(a => a.Family == family) ? this with { Endpoint = Endpoint with { Addresses = [.. Endpoint.Addresses.Where(a => a.Family == family)] } } : null;

    /// <summary>Returns the targets with an address family in common with the source. Prints a note about the others.</summary>
    /// <exception cref="CommandException">There are no such targets.</exception>
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
