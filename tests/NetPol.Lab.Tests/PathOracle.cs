using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Rules;
using NetPol.Testing;

namespace NetPol.Lab.Tests;

/// <summary>
/// What becomes of packets between the places of a world that was built: the verdict of the policies, and that the nodes on the way hold
/// addresses of their own networks that no pod is known to have.
/// </summary>
internal sealed class PathOracle(ClusterSnapshot built)
{
    private readonly Dictionary<IpAddress, string> _podNodes = PolicyLab.Owners(built).ToDictionary(o => o.Key, o => o.Value.Node!);

    private readonly Dictionary<IpAddress, string> _nodes =
        built.Nodes.SelectMany(n => n.AllAddresses.Distinct(), (n, a) => (n.Name, Address: a)).ToDictionary(n => n.Address, n => n.Name);

    public Verdict Judge(ClusterSnapshot world, Connection connection) => Judge(world, world, connection);

    /// <summary>A node changes as a whole, but the two sides of a connection may be on two nodes, and one of those changes first.</summary>
    public HashSet<Verdict> Possible(ClusterSnapshot before, ClusterSnapshot after, Connection connection)
    {
        HashSet<Verdict> possible = [Judge(before, connection), Judge(after, connection)];
        if (_podNodes.GetValueOrDefault(connection.Source) != _podNodes.GetValueOrDefault(connection.Destination))
        {
            possible.Add(Judge(before, after, connection));
            possible.Add(Judge(after, before, connection));
        }
        return possible;
    }

    private Verdict Judge(ClusterSnapshot atSource, ClusterSnapshot atDestination, Connection connection)
    {
        var verdict = new ConnectionVerdict(Oracle.Judge(atSource, connection).Egress, Oracle.Judge(atDestination, connection).Ingress).Verdict;
        return IsHeldLeaving(atSource, connection) || IsHeldArriving(atDestination, connection) ? Verdict.Deny : verdict;
    }

    private bool IsHeldLeaving(ClusterSnapshot world, Connection connection)
    {
        if (_podNodes.GetValueOrDefault(connection.Source) is not { } node)
            return false;
        var toOwnNode = string.Equals(_nodes.GetValueOrDefault(connection.Destination), node, StringComparison.Ordinal);
        return IsHeld(world, node, connection.Source) || (!toOwnNode && IsHeld(world, node, connection.Destination));
    }

    private bool IsHeldArriving(ClusterSnapshot world, Connection connection)
    {
        if (_nodes.GetValueOrDefault(connection.Destination) is { } own)
            return IsHeld(world, own, connection.Source);
        return _podNodes.GetValueOrDefault(connection.Destination) is { } node
            && !string.Equals(_nodes.GetValueOrDefault(connection.Source), node, StringComparison.Ordinal)
            && (IsHeld(world, node, connection.Source) || IsHeld(world, node, connection.Destination));
    }

    private static bool IsHeld(ClusterSnapshot world, string node, IpAddress address) =>
        world.Nodes.First(n => string.Equals(n.Name, node, StringComparison.Ordinal)).PodNetworks.Any(n => n.Contains(address))
        && !world.Pods.Any(p => p.IsSelectable && p.Addresses.Contains(address));
}
