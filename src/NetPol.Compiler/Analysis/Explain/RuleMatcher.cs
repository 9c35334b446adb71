using System.Globalization;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Analysis.Explain;

/// <summary>Matches rules with one side of a connection, with the reasons.</summary>
internal sealed class RuleMatcher(ConnectionSide side)
{
    // Longer lists are shortened to their first items and their length.
    private const int LongestList = 8;
    private const int ShownOfLongList = 3;

    /// <summary>Returns the step of a rule, with its role if no earlier rule decides or passes.</summary>
    public RuleStep Match(Policy policy, Rule rule)
    {
        var unknownPeer = rule.Peers.OfType<Peer.Unknown>().FirstOrDefault();
        var unknownPort = rule.Ports?.OfType<PortMatch.Unknown>().FirstOrDefault();
        var failsClosed = unknownPeer is not null || unknownPort is not null;
        var action = (failsClosed || policy.Isolation is not null) && rule.Action == RuleAction.Pass ? RuleAction.Deny : rule.Action;
        var (peer, port) = (MatchPeer(rule, action), MatchPort(rule));
        if (failsClosed)
        {
            var allows = action == RuleAction.Allow;
            if (unknownPeer is not null)
                peer = new(!allows, FailsClosed(unknownPeer, allows, "peer"));
            if (unknownPort is not null)
                port = new(!allows, FailsClosed(unknownPort, allows, "port"));
        }
        if (policy.Isolation is { } isolation)
            (action, peer, port) = Isolated(isolation, action, peer, port);
        var role = !peer.Matches || !port.Matches ? StepRole.NoMatch : action == RuleAction.Pass ? StepRole.Passes : StepRole.Decides;
        return new(policy.Id, rule.Index, rule.Name, action, peer, port, role);
    }

    private static (RuleAction Action, MatchReason Peer, MatchReason Port) Isolated(PolicyIsolation isolation, RuleAction action, MatchReason peer, MatchReason port)
    {
        if (action == RuleAction.Allow)
            return (action, new(false, $"the policy is isolated ({isolation.Reason}): its allow rules match nothing"), port);
        var everyone = new MatchReason(true, $"the policy is isolated ({isolation.Reason}): its rules deny every peer and port");
        return isolation.Degree == IsolationDegree.DeniesEveryPeer ? (RuleAction.Deny, everyone, everyone) : (RuleAction.Deny, peer, port);
    }

    private static string FailsClosed(object unknown, bool allows, string what) =>
        $"{unknown}: {(allows ? "an allow rule with it matches nothing" : $"denies every {what} until it is understood")}";

    private MatchReason MatchPeer(Rule rule, RuleAction action)
    {
        foreach (var peer in rule.Peers)
        {
            if (FindMatch(peer, action) is { } why)
                return new(true, rule.Peers.Count > LongestList ? $"{why} (one of {Count(rule.Peers.Count)} {Noun(rule)})" : why);
        }
        return new(false, $"{side.Peer} is not among {DescribeList("; ", rule.Peers.Select(Describe).ToList(), Noun(rule))}{DescribeExcept(rule)}");
    }

    /// <summary>Describes the <c>except</c> that excludes the peer from a network of the rule. Empty if none does.</summary>
    private string DescribeExcept(Rule rule) => rule.Peers.OfType<Peer.Network>().FirstOrDefault(n => n.Cidr.Contains(side.Peer)) is { } around
        ? $"; network {around.Cidr} excepts {around.Except.First(e => e.Contains(side.Peer))}"
        : "";

    private static string Noun(Rule rule) => rule.Peers.All(p => p is Peer.Network) ? "networks" : "peers";

    private static string Describe(Peer peer) => peer is Peer.Network { Except.Count: > LongestList } network
        ? $"network {network.Cidr} except {DescribeList(",", network.Except.Select(e => e.ToString()).ToList(), "networks")}"
        : peer.ToString();

    private static string DescribeList(string separator, List<string> items, string noun) => items.Count <= LongestList
        ? string.Join(separator, items)
        : $"{Count(items.Count)} {noun} ({string.Join(separator, items.Take(ShownOfLongList))}{separator}…)";

    private static string Count(int count) => count.ToString("N0", CultureInfo.InvariantCulture);

    /// <summary>Returns why the peer matches. Null if it does not match.</summary>
    private string? FindMatch(Peer peer, RuleAction action) => peer switch
    {
        Model.Policies.Peer.Any => "anyone",
        Model.Policies.Peer.Network network => network.Contains(side.Peer) ? Describe(network) : null,
        Model.Policies.Peer.Nodes nodes => FindMatch(nodes) ?? (action == RuleAction.Deny ? FindDenyMatch(nodes) : null),
        // Only addresses match a node, never pod selectors.
        Model.Policies.Peer.Pods pods when side.PolicyScope != PolicyScope.ToOwnNode =>
            side.PeerPods.Find(p => side.Cluster.Selects(pods.Selection, p)) is { } pod ? $"{pods}: pod {pod.Id}" : null,
        _ => null,
    };

    private string? FindMatch(Peer.Nodes nodes) => side.Cluster.FindNode(side.Peer, nodes.Selector) is { } node ? $"{nodes}: node {node.Name}" : null;

    /// <summary>Checks the additional addresses that a Deny covers: every address of the pod's own node, and addresses that agents report.</summary>
    private string? FindDenyMatch(Peer.Nodes nodes)
    {
        if (side.PolicyScope == PolicyScope.ToOwnNode && side.Cluster.NodeLabels(side.Node!) is { } labels && nodes.Selector.Matches(labels))
            return $"{nodes}: a Deny covers every address of the pod's own node {side.Node}";
        return side.Cluster.FindReportingNode(side.Peer, nodes.Selector) is { } node ? $"{nodes}: a Deny covers the addresses that node {node.Name} reports" : null;
    }

    private MatchReason MatchPort(Rule rule)
    {
        var (protocol, number) = (side.Connection.Protocol, side.Connection.Port);
        if (rule.Ports is not { } ports)
            return new(true, "every port");
        foreach (var port in ports)
        {
            if (FindMatch(port, protocol, number) is { } why)
                return new(true, why);
        }
        var asked = protocol.HasPorts() ? $"{number}/{protocol.Name()}" : protocol.Name();
        return new(false, $"{asked} is not among {DescribeList(", ", ports.Select(p => p.ToString()).ToList(), "ports")}");
    }

    /// <summary>Returns why the port matches. Null if it does not match.</summary>
    private string? FindMatch(PortMatch port, Protocol protocol, ushort number) => port switch
    {
        PortMatch.Numbers numbers => numbers.Protocol == protocol && numbers.Range.Contains(number) ? numbers.ToString() : null,
        PortMatch.Named named when side.PolicyScope != PolicyScope.ToOwnNode =>
            side.DestinationPods.Find(p => Declares(p, named, protocol, number)) is { } pod ? $"{named}: {number}/{protocol.Name()} on pod {pod.Id}" : null,
        _ => null,
    };

    private static bool Declares(Pod pod, PortMatch.Named named, Protocol protocol, ushort number) => pod.Ports.Any(p =>
        string.Equals(p.Name, named.Name, StringComparison.Ordinal) && p.Number == number && p.Protocol == protocol &&
        (named.Protocol ?? protocol) == protocol);
}
