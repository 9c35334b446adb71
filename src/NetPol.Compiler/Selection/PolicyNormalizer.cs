using NetPol.Model;
using NetPol.Model.Net;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Selection;

/// <summary>Rewrites policies with numbered matchers. Rules with unknown parts and rules of isolated policies fail closed.</summary>
/// <param name="matchers">Receives new matchers.</param>
/// <param name="inspect">As in <see cref="IncrementalCompiler"/>.</param>
internal sealed class PolicyNormalizer(PeerMatcherTable matchers, Action<Policy>? inspect)
{
    public NormalizedPolicy Normalize(Policy policy)
    {
        inspect?.Invoke(policy);
        return new(policy, matchers.GetOrAddPods(policy.Subject), Normalize(policy, Direction.Ingress), Normalize(policy, Direction.Egress));
    }

    private NormalizedRule[] Normalize(Policy policy, Direction direction)
    {
        var rules = new List<NormalizedRule>();
        foreach (var rule in policy.Rules(direction) ?? [])
        {
            if (Normalize(policy, rule) is { } normalized)
                rules.Add(normalized);
        }
        return [.. rules];
    }

    /// <summary>Returns null if the rule can match nothing.</summary>
    private NormalizedRule? Normalize(Policy policy, Rule rule)
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
        int[] peers = everyone ? [] : FindMatchers(rule, action == RuleAction.Deny);
        var ports = everyPort ? [] : rule.Ports!.Value;
        return (everyone || peers.Length > 0) && (everyPort || ports.Count > 0)
            ? new(policy, rule, action, everyone, peers, everyPort, Numbers(ports), [.. ports.OfType<PortMatch.Named>()])
            : null;
    }

    private int[] FindMatchers(Rule rule, bool denies)
    {
        var found = new List<int>(rule.Peers.Count);
        foreach (var peer in rule.Peers)
        {
            switch (peer)
            {
                case Peer.Pods pods:
                    found.Add(matchers.GetOrAddPods(pods.Selection));
                    break;
                case Peer.Network network:
                    found.Add(matchers.GetOrAddNetwork(network));
                    break;
                case Peer.Nodes nodes:
                    found.Add(matchers.GetOrAddNodes(nodes, denies));
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

/// <summary>A policy with only the rules that can match something.</summary>
/// <param name="Policy">The policy.</param>
/// <param name="Subject">The matcher of its subject.</param>
/// <param name="Ingress">Its ingress rules in written order. Empty if the policy does not affect ingress or no rule can match.</param>
/// <param name="Egress">As <paramref name="Ingress"/>.</param>
/// <param name="IsIsolated">Whether it is a NetworkPolicy that isolates its pods and allows nothing, regardless of its rules.</param>
internal sealed record NormalizedPolicy(Policy Policy, int Subject, NormalizedRule[] Ingress, NormalizedRule[] Egress, bool IsIsolated = false)
{
    /// <summary>Returns the NetworkPolicy without its rules: it isolates in the same directions and allows nothing.</summary>
    public NormalizedPolicy WithoutRules() => new(Policy, Subject, [], [], IsIsolated: true);

    public NormalizedRule[] Rules(Direction direction) => direction == Direction.Ingress ? Ingress : Egress;

    /// <summary>Whether it affects this direction. A NetworkPolicy isolates even without rules.</summary>
    public bool Applies(Direction direction) =>
        Rules(direction).Length > 0 || (Policy.Tier == Tier.NetworkPolicy && Policy.Rules(direction) is not null);
}

/// <summary>
/// A rule after failing closed. An unknown part makes it match nothing, and then there is no rule, or every peer or port.
/// </summary>
/// <param name="Policy">The rule's policy.</param>
/// <param name="Rule">The rule as written.</param>
/// <param name="Action">Its action. Deny for a Pass rule that fails closed.</param>
/// <param name="MatchesEveryPeer">Whether it matches every peer. Then <paramref name="Matchers"/> is empty.</param>
/// <param name="Matchers">The matchers, in order. A peer must have one of them.</param>
/// <param name="MatchesEveryPort">Whether it matches every port of every protocol. Then both lists of ports are empty.</param>
/// <param name="PortNumbers">Ports by number.</param>
/// <param name="PortNames">Ports by name, resolved on the destination.</param>
internal sealed record NormalizedRule(
    Policy Policy,
    Rule Rule,
    RuleAction Action,
    bool MatchesEveryPeer,
    int[] Matchers,
    bool MatchesEveryPort,
    (Protocol Protocol, PortRange Range)[] PortNumbers,
    PortMatch.Named[] PortNames);
