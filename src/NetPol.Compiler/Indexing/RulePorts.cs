using NetPol.Model.Policies;

namespace NetPol.Compiler.Indexing;

internal static class RulePorts
{
    /// <summary>
    /// Whether a rule's ports make it fail closed: an entry is unknown, or it names a port where the admin kinds forbid that, beside
    /// peers that are no pods.
    /// </summary>
    public static bool AreUnknown(Policy policy, Rule rule, Direction direction)
    {
        if (rule.Ports is not { } ports)
            return false;
        var nameForbidden = policy.Tier != Tier.NetworkPolicy && direction == Direction.Egress &&
            rule.Peers.Any(p => p is Peer.Network or Peer.Nodes or Peer.DomainNames);
        return ports.Any(p => p is PortMatch.Unknown || (nameForbidden && p is PortMatch.Named));
    }
}
