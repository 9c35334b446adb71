using NetPol.Model;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Indexing;

/// <summary>Rewrites policies with numbered matchers. Rules with unknown parts and rules of isolated policies fail closed.</summary>
/// <param name="traits">Where new traits go.</param>
/// <param name="inspect">As in <see cref="IncrementalCompiler"/>.</param>
internal sealed class PolicyFlattener(TraitTable traits, Action<Policy>? inspect)
{
    public FlatPolicy Flatten(Policy policy)
    {
        inspect?.Invoke(policy);
        return new(policy, traits.Pods(policy.Subject), Flatten(policy, Direction.Ingress), Flatten(policy, Direction.Egress));
    }

    private FlatRule[] Flatten(Policy policy, Direction direction)
    {
        var rules = new List<FlatRule>();
        foreach (var rule in policy.Rules(direction) ?? [])
        {
            if (Flatten(policy, rule) is { } flat)
                rules.Add(flat);
        }
        return [.. rules];
    }

    /// <summary>Returns null if the rule can match nothing.</summary>
    private FlatRule? Flatten(Policy policy, Rule rule)
    {
        var unknownPeer = rule.Peers.Any(p => p is Peer.Unknown);
        var unknownPort = rule.Ports is { } entries && entries.Any(p => p is PortMatch.Unknown);
        var action = rule.Action;
        if (policy.Isolation is { Degree: IsolationDegree.DeniesEveryPeer })
            (unknownPeer, unknownPort) = (true, true);
        if (unknownPeer || unknownPort || policy.Isolation is not null)
        {
            if (action == RuleAction.Allow)
                return null;
            action = RuleAction.Deny;
        }
        var everyone = unknownPeer || rule.Peers.Any(p => p is Peer.Any);
        var everyPort = unknownPort || rule.Ports is null;
        int[] peers = everyone ? [] : Traits(rule, action == RuleAction.Deny);
        var ports = everyPort ? [] : rule.Ports!.Value;
        return (everyone || peers.Length > 0) && (everyPort || ports.Count > 0)
            ? new(policy, rule, action, everyone, peers, everyPort, Numbers(ports), [.. ports.OfType<PortMatch.Named>()])
            : null;
    }

    private int[] Traits(Rule rule, bool denies)
    {
        var found = new List<int>(rule.Peers.Count);
        foreach (var peer in rule.Peers)
        {
            switch (peer)
            {
                case Peer.Pods pods:
                    found.Add(traits.Pods(pods.Selection));
                    break;
                case Peer.Network network:
                    found.Add(traits.Network(network));
                    break;
                case Peer.Nodes nodes:
                    found.Add(traits.Nodes(nodes, denies));
                    break;
                case Peer.DomainNames:
                    break;
                default:
                    throw new InvalidOperationException($"peer {peer} of {rule}");
            }
        }
        return [.. found.Distinct()];
    }

    private static (Protocol, PortRange)[] Numbers(ValueArray<PortMatch> ports) =>
        [.. ports.OfType<PortMatch.Numbers>().Select(n => (n.Protocol, n.Range))];
}
