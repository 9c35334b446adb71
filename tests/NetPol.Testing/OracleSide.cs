using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;
using NetPol.Model.Rules;

namespace NetPol.Testing;

/// <summary>One side of one connection as rules look at it: who is the subject, who is the peer, and whether a rule matches.</summary>
internal sealed class OracleSide
{
    private readonly Connection _connection;
    private readonly IReadOnlyList<Pod> _peerPods;
    private readonly IReadOnlyList<Pod> _destinationPods;

    public OracleSide(ClusterSnapshot cluster, Connection connection, Direction direction)
    {
        Cluster = cluster;
        Direction = direction;
        _connection = connection;
        var egress = direction == Direction.Egress;
        var subject = egress ? connection.Source : connection.Destination;
        PeerAddress = egress ? connection.Destination : connection.Source;
        SubjectPods = PodsAt(cluster, subject);
        _peerPods = PodsAt(cluster, PeerAddress);
        _destinationPods = egress ? _peerPods : SubjectPods;
        PeerIsSubject = subject == PeerAddress;
        Node = SubjectPods.FirstOrDefault(pod => pod.Node is not null)?.Node;
        PeerIsOwnNode = cluster.Nodes.Any(node => node.Name == Node && node.Addresses.Contains(PeerAddress));
    }

    public ClusterSnapshot Cluster { get; }

    public Direction Direction { get; }

    public IpAddress PeerAddress { get; }

    /// <summary>The pods at the subject's address that policies see: several while they share it.</summary>
    public IReadOnlyList<Pod> SubjectPods { get; }

    /// <summary>The node that judges: of the first scheduled pod by id, while pods of several nodes share the address. Null when there is none.</summary>
    public string? Node { get; }

    public bool PeerIsSubject { get; }

    /// <summary>The peer is an address of the node that runs the subject.</summary>
    public bool PeerIsOwnNode { get; }

    public bool IsSubjectOf(Policy policy) => SubjectPods.Any(pod => OracleSelectors.Selects(Cluster, policy.Subject, pod));

    /// <summary>What the rule does to this connection: null when it does not match it. What we do not know fails closed.</summary>
    public RuleAction? OutcomeOf(Policy policy, Rule rule)
    {
        var outcome = OutcomeAsWritten(rule);
        return policy.Isolation switch
        {
            null => outcome,
            // It allows nothing. What it would let through to the next tier it denies, as what it denies anyway.
            _ when rule.Action == RuleAction.Allow => null,
            { Degree: IsolationDegree.DeniesEveryPeer } => RuleAction.Deny,
            _ => outcome is null ? null : RuleAction.Deny,
        };
    }

    private RuleAction? OutcomeAsWritten(Rule rule)
    {
        var unknownPeer = rule.Peers.Any(peer => peer is Peer.Unknown);
        var unknownPort = rule.Ports is { } entries && entries.Any(port => port is PortMatch.Unknown);
        if (!unknownPeer && !unknownPort)
            return MatchesPeer(rule) && MatchesPort(rule) ? rule.Action : null;
        if (rule.Action == RuleAction.Allow)
            return null;
        return (unknownPeer || MatchesPeer(rule)) && (unknownPort || MatchesPort(rule)) ? RuleAction.Deny : null;
    }

    private static List<Pod> PodsAt(ClusterSnapshot cluster, IpAddress address) =>
        [.. cluster.Pods.Where(pod => !pod.HostNetwork && !pod.Finished && pod.Addresses.Contains(address))];

    private bool MatchesPeer(Rule rule) => rule.Peers.Any(peer => peer switch
    {
        Peer.Any => true,
        Peer.Pods(var selection) => _peerPods.Any(pod => OracleSelectors.Selects(Cluster, selection, pod)),
        Peer.Network(var network, var except) =>
            OracleSelectors.Holds(network, PeerAddress) && !except.Any(excepted => OracleSelectors.Holds(excepted, PeerAddress)),
        Peer.Nodes(var selector) => Cluster.Nodes.Any(node => OracleSelectors.Matches(selector, node.Labels) && node.Addresses.Contains(PeerAddress)),
        Peer.DomainNames => false,
        _ => throw new InvalidOperationException($"peer {peer}"),
    });

    private bool MatchesPort(Rule rule) => rule.Ports is not { } ports || ports.Any(port => port switch
    {
        PortMatch.Numbers(var protocol, var range) =>
            protocol == _connection.Protocol && range.First <= _connection.Port && _connection.Port <= range.Last,
        PortMatch.Named(var protocol, var name) =>
            _destinationPods.Any(pod => pod.Ports.Any(declared =>
                declared.Name == name && (protocol is null || declared.Protocol == protocol) &&
                declared.Protocol == _connection.Protocol && declared.Number == _connection.Port)),
        _ => throw new InvalidOperationException($"port {port}"),
    });
}
