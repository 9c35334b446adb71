using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;
using NetPol.Testing.Generation;
using NetPol.Testing.Oracles;

namespace NetPol.Testing.Agreement;

/// <summary>The cases that a test of verdicts should cover. Most evaluate the oracle again in a cluster without the tested feature.</summary>
public static class InterestingCases
{
    public static IReadOnlyList<InterestingCase> All { get; } = [.. Deciders(), .. OfRules(), .. OfPeersAndPorts(), .. OfPods(), .. OfConnections()];

    private static IEnumerable<InterestingCase> Deciders()
    {
        foreach (var direction in new[] { Direction.Egress, Direction.Ingress })
        {
            foreach (var verdict in new[] { Verdict.Allow, Verdict.Deny })
            {
                foreach (var (tier, kind) in new[]
                {
                    (Tier.Admin, PolicyKind.AdminNetworkPolicy), (Tier.Admin, PolicyKind.ClusterNetworkPolicy),
                    (Tier.Baseline, PolicyKind.ClusterNetworkPolicy), (Tier.Baseline, PolicyKind.BaselineAdminNetworkPolicy),
                })
                    yield return new($"{kind} in {tier}: {verdict} {direction}", (_, _, v) => Side(v, direction) is var d && d.Verdict == verdict && d.Tier == tier && d.Policy?.Kind == kind);
            }
            yield return new($"NetworkPolicy allows {direction}", (_, _, v) => Side(v, direction).Policy?.Kind == PolicyKind.NetworkPolicy);
            yield return new($"one isolates {direction}", (_, _, v) => Side(v, direction).IsolatedBy.Count == 1);
            yield return new($"several isolate {direction}", (_, _, v) => Side(v, direction).IsolatedBy.Count > 1);
        }
        foreach (var verdict in new[] { Verdict.Allow, Verdict.Deny })
        {
            foreach (var audit in new[] { Verdict.Allow, Verdict.Deny })
                yield return new($"{verdict}, and an audit says {audit}", (_, _, v) => v.Egress.Verdict == verdict && v.Egress.Audit?.Verdict == audit);
            yield return new($"a record of {verdict} is asked for", (_, _, v) => v.Egress.Verdict == verdict && v.Egress.IsLogged);
        }
        yield return new("audited policies isolate with others", (_, _, v) => v.Ingress.IsolatedBy.Count > 0 && v.Ingress.Audit?.IsolatedBy.Count > v.Ingress.IsolatedBy.Count);
        yield return new("an audited policy hides what enforced ones decide", (c, _, v) =>
            v.Egress.Policy is not null && v.Egress.Audit is not null && c.Policies.Any(p => p.IsAudited && p.Id == v.Egress.Audit.Policy));
        yield return InterestingCase.Matters("what a namespace asks for matters", (c, _) => ClusterSnapshot.Create(
            c.Namespaces.Select(n => n with { Logging = FlowLogging.None }), c.Pods, c.Nodes, c.Policies));
        yield return InterestingCase.Matters("what a policy asks for matters", (c, _) => Policies(c, p => p with { Logging = FlowLogging.None }));
        yield return new("both sides deny", (_, _, v) => v.Egress.Verdict == Verdict.Deny && v.Ingress.Verdict == Verdict.Deny);
    }

    private static IEnumerable<InterestingCase> OfRules()
    {
        yield return InterestingCase.Matters("a Pass in Admin matters", (c, _) => Rules(c, (p, r) => p.Tier == Tier.Admin && r.Action == RuleAction.Pass ? null : r));
        yield return InterestingCase.Matters("a Pass in Baseline matters", (c, _) => Rules(c, (p, r) => p.Tier == Tier.Baseline && r.Action == RuleAction.Pass ? null : r));
        yield return InterestingCase.Matters("priority matters", (c, _) => Policies(c, p => p with { Priority = -p.Priority }));
        yield return InterestingCase.Matters("a tie matters", (c, _) => ClusterSnapshot.Create(
            c.Namespaces, c.Pods, c.Nodes, c.Policies.Select((p, at) => p with { Priority = (p.Priority * 100) + 50 - at })));
        yield return InterestingCase.Matters("the order of rules matters", (c, _) => Policies(c, p => p with
        {
            Ingress = p.Ingress?.Reverse().ToValueArray(),
            Egress = p.Egress?.Reverse().ToValueArray(),
        }));
        yield return InterestingCase.Matters("an empty list of rules isolates", (c, _) => Policies(c, p => p with
        {
            Ingress = p.Ingress is { IsEmpty: true } ? null : p.Ingress,
            Egress = p.Egress is { IsEmpty: true } ? null : p.Egress,
        }));
    }

    private static IEnumerable<InterestingCase> OfPeersAndPorts()
    {
        yield return InterestingCase.Matters("an except matters", (c, _) => Peers(c, p => p is Peer.Network n ? n with { Except = [] } : p));
        yield return new("a network decides about a pod", (c, n, v) =>
            PodsAt(c, n.Destination).Any() && Oracle.Evaluate(Peers(c, p => p is Peer.Network ? null : p), n).Egress != v.Egress);
        yield return InterestingCase.Matters("an address that an agent reports matters", (c, _) => ClusterSnapshot.Create(
            c.Namespaces, c.Pods, c.Nodes.Select(n => n with { ReportedAddresses = [] }), c.Policies));
        yield return InterestingCase.Matters("a node peer matters", (c, _) => Peers(c, p => p is Peer.Nodes ? null : p));
        yield return InterestingCase.Matters("domain names match nothing", (c, _) => Peers(c, p => p is Peer.DomainNames ? new Peer.Any() : p));
        yield return InterestingCase.Matters("an unknown peer matters", (c, _) => Peers(c, p => p is Peer.Unknown ? null : p));
        yield return InterestingCase.Matters("an unknown port matters", (c, _) => Ports(c, p => p is PortMatch.Unknown ? null : p));
        yield return new("an unknown peer denies everyone", (c, n, v) =>
            !PodsAt(c, n.Destination).Any() && v.Egress.Verdict == Verdict.Deny && Oracle.Evaluate(Peers(c, p => p is Peer.Unknown ? null : p), n).Egress != v.Egress);
        yield return InterestingCase.Matters("a named port matters", (c, _) => Ports(c, p => p is PortMatch.Named ? null : p));
        yield return InterestingCase.Matters("the protocol of a named port matters", (c, _) => Ports(c, p => p is PortMatch.Named n ? n with { Protocol = null } : p));
        yield return new("an adjacent port has another verdict", (c, n, v) =>
            n.Protocol.HasPorts() && n.Port < ushort.MaxValue && Oracle.Evaluate(c, n with { Port = (ushort)(n.Port + 1) }) != v);
        yield return new("SCTP has another verdict than TCP", (c, n, v) => n.Protocol == Protocol.Sctp && Oracle.Evaluate(c, n with { Protocol = Protocol.Tcp }) != v);
        yield return new("a rule decides about ICMP", (_, n, v) => !n.Protocol.HasPorts() && (v.Egress.Policy ?? v.Ingress.Policy) is not null);
    }

    private static IEnumerable<InterestingCase> OfPods()
    {
        yield return InterestingCase.Matters("a pod in the host's network is not selected", (c, _) => Pods(c, p => p with { HostNetwork = false }));
        yield return InterestingCase.Matters("a finished pod is a subject", (c, _) => ClusterSnapshot.Create(c.Namespaces, c.Pods.Where(p => !p.Finished), c.Nodes, c.Policies));
        yield return new("a finished pod is no peer", (c, n, v) => IsFinished(c, n.Destination) &&
            Oracle.Evaluate(Pods(c, p => p.Addresses.Contains(n.Destination) ? p with { Finished = false } : p), n).Egress != v.Egress);
        yield return new("a finished pod whose address another pod has is no subject", (c, n, v) =>
            PodsAt(c, n.Source).Any() && Oracle.Evaluate(Pods(c, p => p with { Finished = p.Finished && !p.Addresses.Contains(n.Source) }), n).Egress != v.Egress);
        yield return InterestingCase.Matters("no rule set applies to a pod without a node", (c, _) => Pods(c, p => p with { Node = p.Node ?? "n1" }));
        yield return InterestingCase.Matters("a shared address matters", (c, _) => ClusterSnapshot.Create(
            c.Namespaces, c.Pods.Where((p, at) => !c.Pods.Take(at).Any(q => q.Addresses.Intersect(p.Addresses).Any())), c.Nodes, c.Policies));
        yield return InterestingCase.Matters("an unknown namespace matches no selector", (c, _) => ClusterSnapshot.Create(
            c.Namespaces.Concat(Vocabulary.Namespaces.Except(c.Namespaces.Select(n => n.Name)).Select(n => new Namespace(n, Labels.Create(("kubernetes.io/metadata.name", n))))),
            c.Pods, c.Nodes, c.Policies));
        yield return InterestingCase.Matters("labels of namespaces matter", (c, _) => ClusterSnapshot.Create(
            c.Namespaces.Select(n => n with { Labels = Labels.None }), c.Pods, c.Nodes, c.Policies));
    }

    private static IEnumerable<InterestingCase> OfConnections()
    {
        foreach (var direction in new[] { Direction.Egress, Direction.Ingress })
        {
            yield return new($"isolation does not bind a pod with itself: {direction}", (c, n, v) =>
                n.Source == n.Destination && n.IsThroughService && Isolated(c, n, direction) && Side(v, direction).Tier is Tier.Default or Tier.Baseline);
        }
        yield return new("Admin or Baseline bind a pod with itself", (_, n, v) =>
            n.Source == n.Destination && v.Egress.Tier is Tier.Admin or Tier.Baseline);
        yield return new("nothing binds a pod that connects to its own address", (c, n, v) =>
            n.StaysInPod && v.Egress.Tier == Tier.Default && Oracle.Evaluate(c, n with { IsThroughService = true }).Egress.Tier is Tier.Admin or Tier.Baseline);
        yield return new("isolation does not bind a pod and its node", (c, n, v) =>
            IsOwnNode(c, n.Source, n.Destination) && Isolated(c, n, Direction.Egress) && v.Egress.Tier is Tier.Default or Tier.Baseline);
        yield return new("a rule decides about a pod's own node", (c, n, v) => IsOwnNode(c, n.Source, n.Destination) && v.Egress.Policy is not null);
        yield return new("a node reaches its pod in spite of policies", (c, n, _) => IsOwnNode(c, n.Destination, n.Source) && Isolated(c, n, Direction.Ingress));
        yield return new("a policy decides over IPv6", (_, n, v) => n.Source.Family == IpFamily.V6 && (v.Egress.Tier != Tier.Default || v.Ingress.Tier != Tier.Default));
        yield return new("a policy decides over IPv4", (_, n, v) => n.Source.Family == IpFamily.V4 && (v.Egress.Tier != Tier.Default || v.Ingress.Tier != Tier.Default));
        yield return new("a pod reaches outside", (c, n, v) => v.Egress.Policy is not null && !PodsAt(c, n.Destination).Any());
        yield return new("outside reaches a pod", (c, n, v) => v.Ingress.Policy is not null && !PodsAt(c, n.Source).Any());
    }

    private static Decision Side(ConnectionVerdict verdict, Direction direction) => direction == Direction.Egress ? verdict.Egress : verdict.Ingress;

    private static bool IsFinished(ClusterSnapshot c, IpAddress address) =>
        !PodsAt(c, address).Any() && c.Pods.Any(p => p is { Finished: true, HostNetwork: false } && p.Addresses.Contains(address));

    private static IEnumerable<Pod> PodsAt(ClusterSnapshot c, IpAddress address) => c.Pods.Where(p => p.IsSelectable && p.Addresses.Contains(address));

    private static bool IsOwnNode(ClusterSnapshot c, IpAddress pod, IpAddress node) =>
        PodsAt(c, pod).Any(p => c.Nodes.Any(n => n.Name == p.Node && n.Addresses.Contains(node)));

    /// <summary>Whether the NetworkPolicy tier decides a connection of the subject with an unused external address.</summary>
    private static bool Isolated(ClusterSnapshot c, Connection n, Direction direction)
    {
        var unused = IpAddress.Parse(n.Source.Family == IpFamily.V6 ? "2001:db8::9999" : "198.51.100.99");
        return Oracle.EvaluateSide(c, direction == Direction.Egress ? n with { Destination = unused } : n with { Source = unused }, direction).Tier == Tier.NetworkPolicy;
    }

    private static ClusterSnapshot Pods(ClusterSnapshot c, Func<Pod, Pod> change) => ClusterSnapshot.Create(c.Namespaces, c.Pods.Select(change), c.Nodes, c.Policies);

    private static ClusterSnapshot Policies(ClusterSnapshot c, Func<Policy, Policy> change) =>
        ClusterSnapshot.Create(c.Namespaces, c.Pods, c.Nodes, c.Policies.Select(change));

    private static ClusterSnapshot Rules(ClusterSnapshot c, Func<Policy, Rule, Rule?> change) => Policies(c, p => p with
    {
        Ingress = p.Ingress?.Select(r => change(p, r)).OfType<Rule>().ToValueArray(),
        Egress = p.Egress?.Select(r => change(p, r)).OfType<Rule>().ToValueArray(),
    });

    private static ClusterSnapshot Peers(ClusterSnapshot c, Func<Peer, Peer?> change) =>
        Rules(c, (_, r) => r with { Peers = r.Peers.Select(change).OfType<Peer>().ToValueArray() });

    private static ClusterSnapshot Ports(ClusterSnapshot c, Func<PortMatch, PortMatch?> change) =>
        Rules(c, (_, r) => r with { Ports = r.Ports?.Select(change).OfType<PortMatch>().ToValueArray() });
}

/// <summary>A feature that can change a verdict.</summary>
/// <param name="Name">A sentence, such as <c>a Pass matters</c>.</param>
/// <param name="IsMet">Returns whether a connection with this verdict in this cluster is such a case.</param>
public sealed record InterestingCase(string Name, Func<ClusterSnapshot, Connection, ConnectionVerdict, bool> IsMet)
{
    /// <summary>Creates a case that is met if the verdict or the decider differs in the changed cluster.</summary>
    internal static InterestingCase Matters(string name, Func<ClusterSnapshot, Connection, ClusterSnapshot> without) =>
        new(name, (cluster, connection, verdict) => Oracle.Evaluate(without(cluster, connection), connection) != verdict);

    public override string ToString() => Name;
}
