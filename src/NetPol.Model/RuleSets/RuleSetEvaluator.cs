using NetPol.Model.Net;
using NetPol.Model.Policies;

namespace NetPol.Model.RuleSets;

/// <summary>
/// Evaluates connections with one node's rule set, as the node's kernel does. Construction is free, and an evaluation takes a few binary searches.
/// An id that the rule set does not contain throws.
/// </summary>
public sealed class RuleSetEvaluator
{
    private readonly SortedLookup<IpAddress, IpAddress, IpAddress> _nodeAddresses;
    private readonly ValueArray<Cidr> _podCidrs;
    private readonly SortedLookup<IpAddress, IpAddress, IpAddress> _readyPods;
    private readonly SortedLookup<Decision, DecisionId, Decision> _decisions;
    private readonly SortedLookup<PortPolicy, PortPolicyId, PortPolicy> _portPolicies;
    private readonly EnforcementRulesEvaluator _egress;
    private readonly EnforcementRulesEvaluator _ingress;
    private readonly EnforcementRulesEvaluator _podToHost;

    public RuleSetEvaluator(NodeRuleSet rules)
    {
        _nodeAddresses = new(rules.NodeAddresses, a => a, a => a);
        _podCidrs = rules.PodCidrs;
        _readyPods = new(rules.ReadyPods, a => a, a => a);
        _decisions = new(rules.Decisions, d => d.Id, d => d);
        _portPolicies = new(rules.PortPolicies, p => p.Id, p => p);
        _egress = new(rules.PodEgress);
        _ingress = new(rules.PodIngress);
        _podToHost = new(rules.PodToHost);
    }

    /// <summary>Evaluates the source's side. Returns <see cref="Decision.ByDefault"/> when the source is no subject here.</summary>
    public Decision EvaluatePodEgress(Connection connection)
    {
        var point = _nodeAddresses.Contains(connection.Destination) ? _podToHost : _egress;
        return Decide(Direction.Egress, point.FindPortPolicy(connection.Source, connection.Destination), connection);
    }

    /// <summary>
    /// Evaluates the source's side when its own node accepts the connection, whatever the destination address is: a node has addresses that no list contains,
    /// such as those of bridges. Returns <see cref="Decision.ByDefault"/> when the source is no subject here.
    /// </summary>
    public Decision EvaluatePodToHost(Connection connection) =>
        Decide(Direction.Egress, _podToHost.FindPortPolicy(connection.Source, connection.Destination), connection);

    /// <summary>Evaluates the destination's side. Returns <see cref="Decision.ByDefault"/> when the destination is no subject here or the source is this node.</summary>
    public Decision EvaluatePodIngress(Connection connection)
    {
        PortPolicyId? portPolicy = _nodeAddresses.Contains(connection.Source) ? null : _ingress.FindPortPolicy(connection.Destination, connection.Source);
        return Decide(Direction.Ingress, portPolicy, connection);
    }

    /// <summary>Whether the address belongs to a local pod that is not ready yet (<see cref="NodeRuleSet.PodCidrs"/>).</summary>
    public bool IsUnready(IpAddress address) => !_readyPods.Contains(address) && _podCidrs.Any(n => n.Contains(address));

    /// <summary>Whether the node drops the first packet of such a connection, for any reason.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="isOfNode">Whether an address is the node's own in its kernel, including addresses that the API does not list, such as those of bridges.</param>
    public bool Drops(Connection connection, Func<IpAddress, bool> isOfNode)
    {
        if (isOfNode(connection.Source))
            return false;
        if (IsUnready(connection.Source))
            return true;
        var (subject, peer) = (connection.Source, connection.Destination);
        if (isOfNode(peer))
            return Denies(Direction.Egress, _podToHost.FindPortPolicy(subject, peer), connection);
        return IsUnready(peer) || Denies(Direction.Egress, _egress.FindPortPolicy(subject, peer), connection) ||
            Denies(Direction.Ingress, _ingress.FindPortPolicy(peer, subject), connection);
    }

    private bool Denies(Direction direction, PortPolicyId? portPolicy, Connection connection) => Decide(direction, portPolicy, connection).Verdict == Verdict.Deny;

    private Decision Decide(Direction direction, PortPolicyId? portPolicy, Connection connection) => portPolicy is { } id
        ? _decisions[_portPolicies[id].Decide(connection.Protocol, connection.Port)]
        : Decision.ByDefault(direction);
}

/// <summary>Finds the port policy for a subject and a peer in the rules of one enforcement point.</summary>
internal sealed class EnforcementRulesEvaluator
{
    private readonly SortedLookup<SubjectPortPolicy, IpAddress, PortPolicyId> _defaults;
    private readonly SortedLookup<SubjectPortPolicy, IpAddress, PortPolicyId> _self;
    private readonly SortedLookup<PeerAddress, IpAddress, PeerIdentity> _peers;
    private readonly SortedLookup<PolicyEntry, (PeerIdentity Identity, IpAddress Subject), PortPolicyId> _policyEntries;
    private readonly ValueArray<PeerNetwork> _networks;

    public EnforcementRulesEvaluator(EnforcementRules rules)
    {
        _defaults = new(rules.Defaults, r => r.Subject, r => r.PortPolicy);
        _self = new(rules.Self, s => s.Subject, s => s.PortPolicy);
        _peers = new(rules.Peers, p => p.Address, p => p.Identity);
        _policyEntries = new(rules.PolicyEntries, c => (c.Identity, c.Subject), c => c.PortPolicy);
        _networks = rules.Networks;
    }

    /// <summary>Returns null when <paramref name="subject"/> is no subject of this enforcement point.</summary>
    public PortPolicyId? FindPortPolicy(IpAddress subject, IpAddress peer)
    {
        if (!_defaults.TryGetValue(subject, out var defaultPolicy))
            return null;
        if (subject == peer && _self.TryGetValue(subject, out var self))
            return self;
        return FindEntry(subject, FindIdentity(peer)) ?? defaultPolicy;
    }

    /// <summary>Returns the port policy for a peer of an identity, or without one, that is not the subject itself. Null when <paramref name="subject"/> is no subject of this enforcement point.</summary>
    public PortPolicyId? FindPortPolicy(IpAddress subject, PeerIdentity? peer) =>
        _defaults.TryGetValue(subject, out var defaultPolicy) ? FindEntry(subject, peer) ?? defaultPolicy : null;

    /// <summary>Returns the identity of a peer, or null when it has none.</summary>
    public PeerIdentity? FindIdentity(IpAddress peer)
    {
        return _peers.TryGetValue(peer, out var id) ? id : FindNetworkIdentity(peer);
    }

    /// <summary>Returns the identity of the network that contains an address, or null when none does.</summary>
    public PeerIdentity? FindNetworkIdentity(IpAddress peer)
    {
        int low = 0, high = _networks.Count - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var network = _networks[middle];
            if (network.Range.Contains(peer))
                return network.Identity;
            if (network.Range.Last < peer)
                low = middle + 1;
            else
                high = middle - 1;
        }
        return null;
    }

    private PortPolicyId? FindEntry(IpAddress subject, PeerIdentity? peer) =>
        peer is { } id && _policyEntries.TryGetValue((id, subject), out var entry) ? entry : null;
}
