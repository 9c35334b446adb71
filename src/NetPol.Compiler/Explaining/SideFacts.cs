using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;
using NetPol.Model.Rules;

namespace NetPol.Compiler.Explaining;

/// <summary>One side of a connection, looked up in the cluster.</summary>
internal sealed class SideFacts
{
    public SideFacts(ClusterLookup cluster, Connection connection, Direction direction)
    {
        (Cluster, Connection, Direction) = (cluster, connection, direction);
        (Subject, Peer) = direction == Direction.Egress
            ? (connection.Source, connection.Destination)
            : (connection.Destination, connection.Source);
        SubjectPods = cluster.SubjectsAt(Subject);
        PeerPods = cluster.PodsAt(Peer);
        Node = SubjectPods.Find(p => p.Node is not null)?.Node;
        Judgement = Judge();
    }

    public ClusterLookup Cluster { get; }

    public Connection Connection { get; }

    public Direction Direction { get; }

    public IpAddress Subject { get; }

    public IpAddress Peer { get; }

    public List<Pod> SubjectPods { get; }

    public List<Pod> PeerPods { get; }

    public string? Node { get; }

    public Judgement Judgement { get; }

    /// <summary>The pods on which named ports are resolved.</summary>
    public List<Pod> DestinationPods => Direction == Direction.Egress ? PeerPods : SubjectPods;

    private Judgement Judge()
    {
        if (SubjectPods.Count == 0)
            return Judgement.NoPod;
        if (Node is null)
            return Judgement.NoNode;
        if (Connection.StaysInPod)
            return Judgement.OwnAddress;
        if (Cluster.IsNodeAddress(Node, Peer))
            return Direction == Direction.Ingress ? Judgement.FromOwnNode : Judgement.ToOwnNode;
        return Subject == Peer ? Judgement.Self : Judgement.Full;
    }
}
