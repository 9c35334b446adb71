using NetPol.Model.Policies;

namespace NetPol.Model.Rules;

/// <summary>
/// Judges connections by one node's rule set, as the node's kernel does. Indexes the rule set once; a judgement is then a few hash
/// look-ups. Not for a rule set whose parts do not belong together: an id that names nothing throws.
/// </summary>
public sealed class RuleSetEvaluator
{
    private readonly HashSet<IpAddress> _nodeAddresses;
    private readonly ValueArray<Cidr> _podNetworks;
    private readonly HashSet<IpAddress> _knownPods;
    private readonly Dictionary<DecisionId, Decision> _decisions;
    private readonly Dictionary<ProfileId, PortProfile> _profiles;
    private readonly HookEvaluator _egress;
    private readonly HookEvaluator _ingress;
    private readonly HookEvaluator _egressToNode;

    public RuleSetEvaluator(NodeRuleSet rules)
    {
        _nodeAddresses = [.. rules.NodeAddresses];
        _podNetworks = rules.PodNetworks;
        _knownPods = [.. rules.KnownPods];
        _decisions = rules.Decisions.ToDictionary(d => d.Id);
        _profiles = rules.Profiles.ToDictionary(p => p.Id);
        _egress = new(rules.Egress);
        _ingress = new(rules.Ingress);
        _egressToNode = new(rules.EgressToNode);
    }

    /// <summary>The side of the source. <see cref="Decision.ByDefault"/> when the source is no subject here.</summary>
    public Decision Egress(Connection connection)
    {
        var hook = _nodeAddresses.Contains(connection.Destination) ? _egressToNode : _egress;
        return Decide(Direction.Egress, hook.Profile(connection.Source, connection.Destination), connection);
    }

    /// <summary>The side of the destination. <see cref="Decision.ByDefault"/> when the destination is no subject here or the source is this node.</summary>
    public Decision Ingress(Connection connection)
    {
        ProfileId? profile = _nodeAddresses.Contains(connection.Source) ? null : _ingress.Profile(connection.Destination, connection.Source);
        return Decide(Direction.Ingress, profile, connection);
    }

    /// <summary>Whether the address is held: a local pod's that is not known yet (<see cref="NodeRuleSet.PodNetworks"/>).</summary>
    public bool Holds(IpAddress address) => !_knownPods.Contains(address) && _podNetworks.Any(n => n.Contains(address));

    private Decision Decide(Direction direction, ProfileId? profile, Connection connection) => profile is { } id
        ? _decisions[_profiles[id].Decide(connection.Protocol, connection.Port)]
        : Decision.ByDefault(direction);
}
