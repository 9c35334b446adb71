using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;

namespace NetPol.Testing.Oracles;

/// <summary>One side of one connection: its subject, its peer, and whether a rule matches.</summary>
internal sealed class OracleSide
{
    private readonly Connection _connection;
    private readonly IReadOnlyList<Pod> _peerPods;
    private readonly IReadOnlyList<Pod> _destinationPods;

    /// <param name="cluster">The cluster.</param>
    /// <param name="connection">The connection.</param>
    /// <param name="direction">Egress for the source's side, Ingress for the destination's side.</param>
    /// <param name="isToOwnNode">Whether the subject's own node accepts the connection, whatever the peer's address is.</param>
    public OracleSide(ClusterSnapshot cluster, Connection connection, Direction direction, bool isToOwnNode = false)
    {
        Cluster = cluster;
        Direction = direction;
        _connection = connection;
        var egress = direction == Direction.Egress;
        var subject = egress ? connection.Source : connection.Destination;
        PeerAddress = egress ? connection.Destination : connection.Source;
        SubjectPods = SubjectsAt(cluster, subject);
        _peerPods = isToOwnNode ? [] : LivePodsAt(cluster, PeerAddress);
        _destinationPods = egress ? _peerPods : SubjectPods;
        PeerIsSubject = subject == PeerAddress && !isToOwnNode;
        StaysInPod = PeerIsSubject && !connection.IsThroughService;
        Node = SubjectPods.FirstOrDefault(pod => pod.Node is not null)?.Node;
        PeerIsOwnNode = isToOwnNode || cluster.Nodes.Any(node => node.Name == Node && Has(node, PeerAddress));
    }

    public ClusterSnapshot Cluster { get; }

    public Direction Direction { get; }

    public IpAddress PeerAddress { get; }

    /// <summary>The pods that are subjects at the address. Several while pods share it.</summary>
    public IReadOnlyList<Pod> SubjectPods { get; }

    /// <summary>The node that evaluates the side: the node of the first scheduled pod by id. Null if there is none.</summary>
    public string? Node { get; }

    public bool PeerIsSubject { get; }

    /// <summary>Whether the pod connects to its own address without a Service.</summary>
    public bool StaysInPod { get; }

    /// <summary>Whether the peer is an address of the node that runs the subject.</summary>
    public bool PeerIsOwnNode { get; }

    public bool IsSubjectOf(Policy policy) => SubjectPods.Any(pod => OracleSelectors.Selects(Cluster, policy.Subject, pod));

    /// <summary>Returns the rule's action for this connection. Null if it does not match. Unknown parts fail closed.</summary>
    public RuleAction? EffectOf(Policy policy, Rule rule)
    {
        var outcome = EffectAsWritten(rule, passDenies: policy.Isolation is not null);
        return policy.Isolation switch
        {
            null => outcome,
            // An isolated policy allows nothing. Its Pass rules deny, like its Deny rules.
            _ when rule.Action == RuleAction.Allow => null,
            { Degree: IsolationDegree.DeniesEveryPeer } => RuleAction.Deny,
            _ => outcome is null ? null : RuleAction.Deny,
        };
    }

    private RuleAction? EffectAsWritten(Rule rule, bool passDenies)
    {
        var unknownPeer = rule.Peers.Any(peer => peer is Peer.Unknown);
        var unknownPort = rule.Ports is { } entries && entries.Any(port => port is PortMatch.Unknown);
        if (!unknownPeer && !unknownPort)
            return MatchesPeer(rule, passDenies && rule.Action == RuleAction.Pass ? RuleAction.Deny : rule.Action) && MatchesPort(rule) ? rule.Action : null;
        if (rule.Action == RuleAction.Allow)
            return null;
        return (unknownPeer || MatchesPeer(rule, RuleAction.Deny)) && (unknownPort || MatchesPort(rule)) ? RuleAction.Deny : null;
    }

    /// <summary>Returns the pods that are subjects at the address. A finished pod stays one until another pod has the address, because it may still run.</summary>
    private static List<Pod> SubjectsAt(ClusterSnapshot cluster, IpAddress address)
    {
        var live = LivePodsAt(cluster, address);
        return live.Count > 0 ? live : [.. cluster.Pods.Where(pod => !pod.HostNetwork && pod.Addresses.Contains(address))];
    }

    private static List<Pod> LivePodsAt(ClusterSnapshot cluster, IpAddress address) =>
        [.. cluster.Pods.Where(pod => !pod.HostNetwork && !pod.Finished && pod.Addresses.Contains(address))];

    /// <summary>Whether an address belongs to a node, including addresses that only its agent reports.</summary>
    private static bool Has(Node node, IpAddress address) => node.Addresses.Contains(address) || node.ReportedAddresses.Contains(address);

    /// <summary>Whether a nodes peer matches. Allow and Pass rules match only addresses in the node's status; Deny rules match all of its addresses.</summary>
    private bool MatchesNodes(LabelSelector selector, RuleAction action)
    {
        var selected = Cluster.Nodes.Where(node => OracleSelectors.Matches(selector, node.Labels)).ToList();
        if (action != RuleAction.Deny)
            return selected.Exists(node => node.Addresses.Contains(PeerAddress));
        // The own node has addresses that no list contains. A node without a Node object may be selected, so a Deny matches it.
        var ownIsSelected = selected.Exists(node => node.Name == Node) || !Cluster.Nodes.Any(node => node.Name == Node);
        return (PeerIsOwnNode && ownIsSelected) || selected.Exists(node => Has(node, PeerAddress));
    }

    private bool MatchesPeer(Rule rule, RuleAction action) => rule.Peers.Any(peer => peer switch
    {
        Peer.Any => true,
        Peer.Pods(var selection) => _peerPods.Any(pod => OracleSelectors.Selects(Cluster, selection, pod)),
        Peer.Network(var network, var except) =>
            OracleSelectors.Holds(network, PeerAddress) && !except.Any(excepted => OracleSelectors.Holds(excepted, PeerAddress)),
        Peer.Nodes(var selector) => MatchesNodes(selector, action),
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

/// <summary>Matches selectors and networks without the methods of the model.</summary>
internal static class OracleSelectors
{
    /// <summary>Whether the selection's namespaces and labels match the pod. The caller checks whether the pod is a subject or a peer.</summary>
    public static bool Selects(ClusterSnapshot cluster, PodSelection selection, Pod pod)
    {
        var inNamespace = selection.Namespace is { } name
            ? pod.Id.Namespace == name
            : cluster.Namespaces.Any(ns => ns.Name == pod.Id.Namespace && Matches(selection.Namespaces, ns.Labels));
        return inNamespace && Matches(selection.Pods, pod.Labels);
    }

    public static bool Matches(LabelSelector selector, Labels labels) => selector.Requirements.All(requirement =>
    {
        var values = labels.Pairs.Where(pair => pair.Key == requirement.Key).Select(pair => pair.Value).ToList();
        var listed = values.Any(value => requirement.Values.Any(wanted => wanted == value));
        return requirement.Operator switch
        {
            SelectorOperator.In => listed,
            SelectorOperator.NotIn => !listed,
            SelectorOperator.Exists => values.Count > 0,
            SelectorOperator.DoesNotExist => values.Count == 0,
            _ => throw new InvalidOperationException($"selector operator {requirement.Operator}"),
        };
    });

    /// <summary>Whether the network prefix of the address equals that of the network.</summary>
    public static bool Holds(Cidr network, IpAddress address)
    {
        if (network.Network.Family != address.Family)
            return false;
        byte[] wanted = network.Network.ToBytes(), actual = address.ToBytes();
        for (var bit = 0; bit < network.PrefixLength; bit++)
        {
            if (((wanted[bit / 8] ^ actual[bit / 8]) & (0x80 >> (bit % 8))) != 0)
                return false;
        }
        return true;
    }
}
