using CsCheck;
using NetPol.Model;
using NetPol.Model.Net;
using NetPol.Model.Policies;
using NetPol.Testing.Clusters;

namespace NetPol.Testing.Generation;

/// <summary>Generates policies of all four kinds, in the forms that the readers of <c>NetPol.Kubernetes</c> return.</summary>
internal static class PolicyGenerators
{
    private static readonly Gen<Peer> PodsBySelectors =
        Gen.Select(Vocabulary.NamespaceSelector, Vocabulary.Selector, (namespaces, pods) => (Peer)new Peer.Pods(PodSelection.InNamespaces(namespaces, pods)));

    private static readonly Gen<Peer> Network = Vocabulary.Network.Select(cidr => (Peer)new Peer.Network(cidr));

    private static readonly Gen<Peer> IpBlock = Vocabulary.Network.SelectMany(cidr =>
        Gen.Frequency<Cidr[]>((2, Gen.Const(Array.Empty<Cidr>())), (3, Inside(cidr).Array[1, 2]))
            .Select(except => (Peer)new Peer.Network(cidr, except.ToValueArray())));

    private static readonly Gen<Peer> Nodes = Vocabulary.Selector.Select(selector => (Peer)new Peer.Nodes(selector));

    private static readonly Gen<Peer> DomainNames = Gen.Const<Peer>(new Peer.DomainNames(["*.example.com"]));

    private static readonly Gen<Peer> UnknownPeer = Gen.Const<Peer>(new Peer.Unknown("newer"));

    private static readonly Gen<PortMatch> Numbers = Gen.Select(
        Vocabulary.PortProtocol,
        Gen.OneOf(new PortRange(80, 80), new(80, 81), new(81, 8080), new(443, 443), new(53, 80), new(1, ushort.MaxValue), PortRange.All),
        (protocol, range) => (PortMatch)new PortMatch.Numbers(protocol, range));

    private static readonly Gen<PortMatch> UnknownPort = Gen.Const<PortMatch>(new PortMatch.Unknown("newer"));

    private static readonly Gen<RuleAction> Action = Gen.Frequency((4, RuleAction.Allow), (4, RuleAction.Deny), (3, RuleAction.Pass));

    private static readonly Gen<Peer> AdminEgressPeer =
        Gen.Frequency<Peer>((4, PodsBySelectors), (2, Network), (2, Nodes), (1, DomainNames));

    /// <summary>Generates a policy with the given name. Every BaselineAdminNetworkPolicy is named <c>default</c>, because others have no effect.</summary>
    public static Gen<Policy> PolicyNamed(string name) => Gen.Select(
        Gen.Frequency<Policy>(
            (6, NetworkPolicy(name)),
            (3, Admin(new(PolicyKind.AdminNetworkPolicy, "", name), Tier.Admin)),
            (2, Admin(new(PolicyKind.ClusterNetworkPolicy, "", name), Tier.Admin)),
            (2, Admin(new(PolicyKind.ClusterNetworkPolicy, "", name), Tier.Baseline)),
            (2, Admin(new(PolicyKind.BaselineAdminNetworkPolicy, "", "default"), Tier.Baseline))),
        Gen.Frequency((4, false), (1, true)),
        Vocabulary.Logging,
        (policy, isAudited, logging) => policy with { IsAudited = isAudited, Logging = logging });

    /// <summary>Generates up to twelve policies. Of two with the same id it keeps the first.</summary>
    public static Gen<Policy[]> Policies { get; } = Gen.OneOf("p0", "p1", "p2", "p3", "p4", "p5").SelectMany(PolicyNamed).Array[0, 12]
        .Select(policies => policies.DistinctBy(p => p.Id).ToArray());

    private static Gen<Policy> NetworkPolicy(string name) =>
        from ns in Gen.OneOf(Vocabulary.Namespaces)
        from pods in Vocabulary.Selector
        from ingress in Rules(NetworkPolicyRule(ns), 4)
        from egress in Rules(NetworkPolicyRule(ns), 3)
        select new Policy(new(PolicyKind.NetworkPolicy, ns, name), Tier.NetworkPolicy, 0, PodSelection.InNamespace(ns, pods), ingress, egress);

    private static Gen<Policy> Admin(PolicyId id, Tier tier) =>
        from priority in Gen.Int[0, id.Kind == PolicyKind.BaselineAdminNetworkPolicy ? 0 : 3]
        from namespaces in Vocabulary.NamespaceSelector
        from pods in Vocabulary.Selector
        from ingress in Rules(AdminRule(id.Kind, PodsBySelectors), 4)
        from egress in Rules(AdminRule(id.Kind, AdminEgressPeer), 4)
        select new Policy(id, tier, priority, PodSelection.InNamespaces(namespaces, pods), ingress, egress);

    private static Gen<ValueArray<Rule>?> Rules(Gen<Rule> rule, int often) => Gen.Frequency<ValueArray<Rule>?>(
        (1, Gen.Const((ValueArray<Rule>?)null)), (often, rule.Array[0, 3].Select(rules => Make.Numbered(rules))));

    private static Gen<Rule> NetworkPolicyRule(string ns)
    {
        var own = Vocabulary.Selector.Select(pods => (Peer)new Peer.Pods(PodSelection.InNamespace(ns, pods)));
        var peers = Gen.Frequency<Peer[]>(
            (2, Gen.Const(new Peer[] { new Peer.Any() })),
            (8, Gen.Frequency<Peer>((4, own), (5, PodsBySelectors), (6, IpBlock)).Array[1, 2]),
            (1, Gen.Select(own, UnknownPeer, (known, unknown) => new[] { known, unknown })));
        var named = Gen.Select(Vocabulary.PortProtocol, Gen.OneOf(Vocabulary.PortNames), (p, n) => (PortMatch)new PortMatch.Named(p, n));
        return Gen.Select(peers, Ports(named), (p, ports) => new Rule(0, null, RuleAction.Allow, p.ToValueArray(), ports));
    }

    /// <summary>A named port beside networks, nodes or domain names becomes an unknown port, as in the readers. Only Allow rules have domain names, and none of a BaselineAdminNetworkPolicy.</summary>
    private static Gen<Rule> AdminRule(PolicyKind kind, Gen<Peer> peer)
    {
        var named = Gen.OneOf(Vocabulary.PortNames).Select(n => (PortMatch)new PortMatch.Named(null, n));
        return
            from name in Gen.OneOf(null, "first", "second")
            from action in Action
            from peers in Gen.Frequency<Peer>((24, peer), (1, UnknownPeer)).Array[1, 2]
            from ports in Ports(named)
            let lowered = kind == PolicyKind.BaselineAdminNetworkPolicy && action == RuleAction.Pass ? RuleAction.Deny : action
            let beyondPods = peers.Any(p => p is Peer.Network or Peer.Nodes or Peer.DomainNames)
            select new Rule(
                0, name, lowered,
                peers.Select(p => p is Peer.DomainNames && (lowered != RuleAction.Allow || kind == PolicyKind.BaselineAdminNetworkPolicy) ? new Peer.Unknown("domain names") : p).ToValueArray(),
                beyondPods ? ports?.Select(p => p is PortMatch.Named ? new PortMatch.Unknown("named") : p).ToValueArray() : ports);
    }

    private static Gen<ValueArray<PortMatch>?> Ports(Gen<PortMatch> named) => Gen.Frequency<ValueArray<PortMatch>?>(
        (1, Gen.Const((ValueArray<PortMatch>?)null)),
        (2, Gen.Frequency<PortMatch>((16, Numbers), (16, named), (1, UnknownPort)).Array[1, 3].Select(p => (ValueArray<PortMatch>?)p.ToValueArray())));

    /// <summary>Generates a network within the given one: the network itself, a half, a quarter, … or one address at its edge.</summary>
    private static Gen<Cidr> Inside(Cidr cidr) => Gen.Select(Vocabulary.SomeAddress, Gen.Int[0, 4], Gen.Bool, (address, longer, last) => Cidr.Create(
        cidr.Contains(address) ? address : last ? cidr.Last : cidr.Network,
        longer == 4 ? cidr.Network.Bits : Math.Min(cidr.PrefixLength + longer, cidr.Network.Bits)));
}
