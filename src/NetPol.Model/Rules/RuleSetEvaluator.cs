using NetPol.Model.Policies;

namespace NetPol.Model.Rules;

/// <summary>
/// Evaluates connections with one node's rule set, as the node's kernel does. Construction is free, and an evaluation takes a few binary searches.
/// An id that the rule set does not contain throws.
/// </summary>
public sealed class RuleSetEvaluator
{
    private readonly SortedLookup<IpAddress, IpAddress, IpAddress> _nodeAddresses;
    private readonly ValueArray<Cidr> _podNetworks;
    private readonly SortedLookup<IpAddress, IpAddress, IpAddress> _knownPods;
    private readonly SortedLookup<Decision, DecisionId, Decision> _decisions;
    private readonly SortedLookup<PortProfile, ProfileId, PortProfile> _profiles;
    private readonly HookEvaluator _egress;
    private readonly HookEvaluator _ingress;
    private readonly HookEvaluator _egressToNode;

    public RuleSetEvaluator(NodeRuleSet rules)
    {
        _nodeAddresses = new(rules.NodeAddresses, a => a, a => a);
        _podNetworks = rules.PodNetworks;
        _knownPods = new(rules.KnownPods, a => a, a => a);
        _decisions = new(rules.Decisions, d => d.Id, d => d);
        _profiles = new(rules.Profiles, p => p.Id, p => p);
        _egress = new(rules.Egress);
        _ingress = new(rules.Ingress);
        _egressToNode = new(rules.EgressToNode);
    }

    /// <summary>Evaluates the source's side. Returns <see cref="Decision.ByDefault"/> when the source is no subject here.</summary>
    public Decision Egress(Connection connection)
    {
        var hook = _nodeAddresses.Contains(connection.Destination) ? _egressToNode : _egress;
        return Decide(Direction.Egress, hook.Profile(connection.Source, connection.Destination), connection);
    }

    /// <summary>
    /// Evaluates the source's side when its own node accepts the connection, whatever the destination address is: a node has addresses that no list contains,
    /// such as those of bridges. Returns <see cref="Decision.ByDefault"/> when the source is no subject here.
    /// </summary>
    public Decision EgressToNode(Connection connection) =>
        Decide(Direction.Egress, _egressToNode.Profile(connection.Source, connection.Destination), connection);

    /// <summary>Evaluates the destination's side. Returns <see cref="Decision.ByDefault"/> when the destination is no subject here or the source is this node.</summary>
    public Decision Ingress(Connection connection)
    {
        ProfileId? profile = _nodeAddresses.Contains(connection.Source) ? null : _ingress.Profile(connection.Destination, connection.Source);
        return Decide(Direction.Ingress, profile, connection);
    }

    /// <summary>Whether the address belongs to a local pod that is not ready yet (<see cref="NodeRuleSet.PodNetworks"/>).</summary>
    public bool Holds(IpAddress address) => !_knownPods.Contains(address) && _podNetworks.Any(n => n.Contains(address));

    /// <summary>Whether the node drops the first packet of such a connection, for any reason.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="isOfNode">Whether an address is the node's own in its kernel, including addresses that the API does not list, such as those of bridges.</param>
    public bool Drops(Connection connection, Func<IpAddress, bool> isOfNode)
    {
        if (isOfNode(connection.Source))
            return false;
        if (Holds(connection.Source))
            return true;
        var (subject, peer) = (connection.Source, connection.Destination);
        if (isOfNode(peer))
            return Denies(Direction.Egress, _egressToNode.Profile(subject, peer), connection);
        return Holds(peer) || Denies(Direction.Egress, _egress.Profile(subject, peer), connection) ||
            Denies(Direction.Ingress, _ingress.Profile(peer, subject), connection);
    }

    private bool Denies(Direction direction, ProfileId? profile, Connection connection) => Decide(direction, profile, connection).Verdict == Verdict.Deny;

    private Decision Decide(Direction direction, ProfileId? profile, Connection connection) => profile is { } id
        ? _decisions[_profiles[id].Decide(connection.Protocol, connection.Port)]
        : Decision.ByDefault(direction);
}
