using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;

namespace NetPol.Compiler.Analysis.Explain;

/// <summary>One side of a connection, looked up in the cluster.</summary>
internal sealed class ConnectionSide
{
    public ConnectionSide(ClusterLookup cluster, Connection connection, Direction direction)
    {
        (Cluster, Connection, Direction) = (cluster, connection, direction);
        (Subject, Peer) = direction == Direction.Egress
            ? (connection.Source, connection.Destination)
            : (connection.Destination, connection.Source);
        SubjectPods = cluster.SubjectsAt(Subject);
        PeerPods = cluster.PodsAt(Peer);
        Node = SubjectPods.Find(p => p.Node is not null)?.Node;
        PolicyScope = FindScope();
    }

    public ClusterLookup Cluster { get; }

    public Connection Connection { get; }

    public Direction Direction { get; }

    public IpAddress Subject { get; }

    public IpAddress Peer { get; }

    public List<Pod> SubjectPods { get; }

    public List<Pod> PeerPods { get; }

    public string? Node { get; }

    public PolicyScope PolicyScope { get; }

    /// <summary>The pods on which named ports are resolved.</summary>
    public List<Pod> DestinationPods => Direction == Direction.Egress ? PeerPods : SubjectPods;

    private PolicyScope FindScope()
    {
        if (SubjectPods.Count == 0)
            return PolicyScope.NoPod;
        if (Node is null)
            return PolicyScope.NoNode;
        if (Connection.StaysInPod)
            return PolicyScope.OwnAddress;
        if (Cluster.IsNodeAddress(Node, Peer))
            return Direction == Direction.Ingress ? PolicyScope.FromOwnNode : PolicyScope.ToOwnNode;
        return Subject == Peer ? PolicyScope.SelfThroughService : PolicyScope.AllTiers;
    }
}
