using NetPol.Cli.CommandLine;
using NetPol.Cli.Matrices;
using NetPol.Model;
using NetPol.Model.Rules;

namespace NetPol.Cli.Services;

/// <summary>A connection as the nodes of its two ends see it. They differ only for a node port, which another node may translate.</summary>
/// <param name="Leaving">As the node of the client judges it.</param>
/// <param name="Arriving">As the node of the destination judges it.</param>
internal sealed record JudgedRoute(Connection Leaving, Connection Arriving)
{
    /// <summary>Between two endpoints, without a Service: one for each family that they have in common.</summary>
    public static IEnumerable<JudgedRoute> Between(Endpoint from, Endpoint to, ProbePort port) =>
        Endpoint.Routes(from, to).Select(route => Connect(route.Source, route.Destination, port)).Select(c => new JudgedRoute(c, c));

    /// <summary>Through a Service to one of its endpoints: one for each family that the client and the endpoint have in common.</summary>
    public static IEnumerable<JudgedRoute> Through(ServiceEntry entry, Endpoint from, ServiceTarget target) =>
        Endpoint.Routes(from, target.Endpoint).Select(route => Through(entry, from, target, route.Source, route.Destination));

    private static JudgedRoute Through(ServiceEntry entry, Endpoint from, ServiceTarget target, IpAddress source, IpAddress destination)
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

    private static Connection Connect(IpAddress source, IpAddress destination, ProbePort port) => new(source, destination, port.In(destination.Family), port.Number);
}
