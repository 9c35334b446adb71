using NetPol.Model.Net;
using NetPol.Nftables;

namespace NetPol.Rendering;

/// <summary>
/// Drops packets that cannot be attributed to the pod that sent them, before policies evaluate addresses: forged sources, tunnel packets, source-routed packets,
/// neighbor discovery that a pod may not send, and ICMP errors about connections that are not the sender's. Packets of established connections skip these rules.
/// </summary>
internal static class SourceValidation
{
    private const string Unrouted = "unrouted";
    private const string Related = "related";
    private const string IcmpErrors = "icmp-errors";
    private const string NeighborDiscovery = "neighbor-discovery";
    private const string Tunnels = "tunnels";
    private const string IpOptions = "ip-options";
    private const string LinkLocalToNode = "link-local-to-host";
    private const string LinkLocalToPods = "link-local-to-pods";

    // RFC 4861: router and neighbor solicitation and advertisement, redirect.
    private const byte RouterSolicitation = 133;
    private const byte NeighborSolicitation = 135;
    private const byte NeighborAdvertisement = 136;
    private const byte Redirect = 137;

    // RFC 2710 and RFC 3810.
    private const byte FirstListenerMessage = 130;
    private const byte LastListenerMessage = 132;
    private const byte ListenerReportV2 = 143;

    // RFC 792; RFC 4443: destination unreachable, packet too big, time exceeded, parameter problem.
    private const byte DestinationUnreachable = 3;
    private const byte TimeExceeded = 11;
    private const byte ParameterProblem = 12;
    private const byte FirstIcmpV6Error = 1;
    private const byte LastIcmpV6Error = 4;

    private static readonly LookupKey InputInterface = new(PacketField.Iif);
    private static readonly LookupKey SourceInterface = new(PacketField.FibSaddrOif);
    private static readonly LookupKey Port = new(PacketField.L4Proto, PacketField.ThDport);
    private static readonly LookupKey Protocol = new(PacketField.L4Proto);

    private static readonly Set Uplinks = new() { Name = "uplinks", Key = InputInterface.Type };
    private static readonly Set TunnelPorts = new() { Name = "tunnel-ports", Key = Port.Type };
    private static readonly Set TunnelProtocols = new() { Name = "tunnel-protocols", Key = Protocol.Type };
    private static readonly Set ClosedToNode = new() { Name = LinkLocalToNode, Key = InputInterface.Type };
    private static readonly Set ClosedToPods = new() { Name = LinkLocalToPods, Key = InputInterface.Type };

    private static readonly FamilyFields[] Families =
    [
        new("4", PacketField.IpSaddr, PacketField.IpDaddr, PacketField.CtOriginalIpSaddr, PacketField.CtReplyIpSaddr),
        new("6", PacketField.Ip6Saddr, PacketField.Ip6Daddr, PacketField.CtOriginalIp6Saddr, PacketField.CtReplyIp6Saddr),
    ];

    /// <summary>All sets whose elements are a <see cref="HostNetwork"/>'s.</summary>
    private static IEnumerable<Set> HostSets => [Uplinks, TunnelPorts, TunnelProtocols, ClosedToNode, ClosedToPods, .. Families.Select(f => f.Grants)];

    /// <summary>The chains, the counters, and the sets without elements.</summary>
    public static void AddBase(ObjectCollector to)
    {
        to.Add(new Counter(ObjectNames.Spoofed, "drop: the sender does not have the source address"));
        to.Add(new Counter(ObjectNames.Tunneled, "drop: a pod sends to a tunnel of a node"));
        to.Add(new Counter(ObjectNames.SourceRouted, "drop: the packet names its own route"));
        to.Add(new Counter(ObjectNames.LinkLocal, "drop: a pod with policies sends from a link-local address"));
        foreach (var set in HostSets)
            to.Add(set);
        foreach (var family in Families)
            to.Add(family.Own);
        foreach (var counter in (string[])[ObjectNames.Spoofed, ObjectNames.Tunneled, ObjectNames.SourceRouted, ObjectNames.LinkLocal])
            to.Add(new ChainState(new(counter), new Rule(new Statement.NamedCounter(counter), new Statement.Verdict(PacketVerdict.Drop))));
        to.Add(new ChainState(new(Unrouted), UnroutedRules()));
        to.Add(new ChainState(new(Related), RelatedRules()));
        to.Add(new ChainState(new(IcmpErrors), IcmpErrorRules()));
        to.Add(new ChainState(new(NeighborDiscovery), NeighborDiscoveryRules()));
        to.Add(new ChainState(new(IpOptions), IpOptionRules()));
        to.Add(new ChainState(new(Tunnels), TunnelRules()));
        to.Add(new ChainState(new(LinkLocalToNode), LinkLocalRules(ClosedToNode)));
        to.Add(new ChainState(new(LinkLocalToPods), LinkLocalRules(ClosedToPods)));
    }

    /// <summary>Returns the rules of chain forward that come before policies.</summary>
    public static IEnumerable<Rule> Forward() => [.. CommonRules(), .. Enum.GetValues<IpFamily>().Select(ToNode), LinkLocal(LinkLocalToPods)];

    /// <summary>Returns the rules of chain input that come before policies. The chain accepts packets from the node to itself earlier.</summary>
    public static IEnumerable<Rule> Input() => [.. CommonRules(), Unconditional(PacketVerdict.Jump(Tunnels)), LinkLocal(LinkLocalToNode)];

    /// <summary>Adds the elements that describe the node's network.</summary>
    public static void Add(ObjectCollector to, HostNetwork host)
    {
        foreach (var index in host.Uplinks)
            to.Add(Uplinks, Interface(index));
        foreach (var port in host.TunnelPorts)
            to.Add(TunnelPorts, Element.Create(Port.Type.Key((byte)port.Protocol, port.Port)));
        foreach (var protocol in host.TunnelProtocols)
            to.Add(TunnelProtocols, Element.Create(Protocol.Type.Key(protocol)));
        foreach (var index in host.LinkLocalClosedToNode)
            to.Add(ClosedToNode, Interface(index));
        foreach (var index in host.LinkLocalClosedToPods)
            to.Add(ClosedToPods, Interface(index));
        foreach (var grant in host.SourceGrants)
        {
            var grants = Families[(int)grant.Sources.Network.Family].Grants;
            to.Add(grants, new Element(
                grants.Key.Key((uint)grant.Interface, grant.Sources.Network.Value), grants.Key.Key((uint)grant.Interface, grant.Sources.Last.Value), default));
        }
    }

    /// <summary>Adds the element that identifies ICMP errors of a local pod about its own connections.</summary>
    public static void AddPod(ObjectCollector to, IpAddress pod)
    {
        var own = Families[(int)pod.Family].Own;
        to.Add(own, Element.Create(own.Key.Key(pod.Value, pod.Value)));
    }

    /// <summary>All sets that <see cref="Add"/> fills, with the elements that are there.</summary>
    public static IEnumerable<SetState> SetsOf(HostNetwork host)
    {
        var objects = new ObjectCollector();
        Add(objects, host);
        return HostSets.Select(s => new SetState(s, objects.ElementsOf(s.Name)));
    }

    private static IEnumerable<Rule> CommonRules() =>
    [
        new(new Statement.NoRouteToSource(ByInputInterface: true), new Statement.Verdict(PacketVerdict.Jump(Unrouted))),
        new(new Statement.CtState(ConntrackStates.Related), new Statement.Verdict(PacketVerdict.Jump(Related))),
        new(new Statement.IcmpV6Type(RouterSolicitation, Redirect), new Statement.Verdict(PacketVerdict.Jump(NeighborDiscovery))),
        new(new Statement.HasIpOptions(), new Statement.Verdict(PacketVerdict.Jump(IpOptions))),
        new(new Statement.RoutingSegmentsLeft(), new Statement.Verdict(PacketVerdict.Goto(ObjectNames.SourceRouted))),
    ];

    private static Rule ToNode(IpFamily family) =>
        new(new Statement.Lookup(Families[(int)family].Destination, NodeSets.Name(family)), new Statement.Verdict(PacketVerdict.Jump(Tunnels)));

    private static Rule LinkLocal(string chain) => new(new Statement.LinkLocalSource(), new Statement.Verdict(PacketVerdict.Jump(chain)));

    // Routes between uplinks may be asymmetric; a local pod's address comes from its own interface only.
    private static IEnumerable<Rule> UnroutedRules() =>
    [
        .. Families.Select(f => new Rule(new Statement.Lookup(f.GrantKey, f.Grants.Name), new Statement.Verdict(PacketVerdict.Return))),
        new(new Statement.Lookup(InputInterface, Uplinks.Name, Inverted: true), new Statement.Verdict(PacketVerdict.Goto(ObjectNames.Spoofed))),
        new(new Statement.NoRouteToSource(ByInputInterface: false), new Statement.Verdict(PacketVerdict.Return)),
        new(new Statement.Lookup(SourceInterface, Uplinks.Name), new Statement.Verdict(PacketVerdict.Return)),
        Unconditional(PacketVerdict.Goto(ObjectNames.Spoofed)),
    ];

    private static IEnumerable<Rule> RelatedRules() =>
    [
        new(new Statement.IcmpType(DestinationUnreachable, DestinationUnreachable), new Statement.Verdict(PacketVerdict.Jump(IcmpErrors))),
        new(new Statement.IcmpType(TimeExceeded, ParameterProblem), new Statement.Verdict(PacketVerdict.Jump(IcmpErrors))),
        new(new Statement.IcmpV6Type(FirstIcmpV6Error, LastIcmpV6Error), new Statement.Verdict(PacketVerdict.Jump(IcmpErrors))),
    ];

    // An error about a connection comes from one of its ends, or from a router between them. No pod is such a router.
    private static IEnumerable<Rule> IcmpErrorRules() =>
    [
        .. Families.SelectMany(f => f.OwnKeys.Select(key => new Rule(new Statement.Lookup(key, f.Own.Name), new Statement.Verdict(PacketVerdict.Accept)))),
        .. UnreadyPodChains.All.SelectMany(h => (Rule[])[h.FromReadyPod(PacketVerdict.Return), h.FromPodCidr(PacketVerdict.Return)]),
        Unconditional(PacketVerdict.Accept),
    ];

    // A packet with a lower hop limit is no neighbor discovery (RFC 4861, section 6.1), so policies evaluate it.
    private static IEnumerable<Rule> NeighborDiscoveryRules() =>
    [
        new(new Statement.HopLimitBelow255(), new Statement.Verdict(PacketVerdict.Return)),
        FromUplink(PacketVerdict.Accept),
        new(new Statement.IcmpV6Type(RouterSolicitation, RouterSolicitation), new Statement.Verdict(PacketVerdict.Accept)),
        new(new Statement.IcmpV6Type(NeighborSolicitation, NeighborAdvertisement), new Statement.Verdict(PacketVerdict.Accept)),
        Unconditional(PacketVerdict.Goto(ObjectNames.Spoofed)),
    ];

    private static IEnumerable<Rule> IpOptionRules() =>
    [
        new(new Statement.IpOption(IpOptionType.LooseSourceRoute), new Statement.Verdict(PacketVerdict.Goto(ObjectNames.SourceRouted))),
        new(new Statement.IpOption(IpOptionType.StrictSourceRoute), new Statement.Verdict(PacketVerdict.Goto(ObjectNames.SourceRouted))),
    ];

    private static IEnumerable<Rule> TunnelRules() =>
    [
        FromUplink(PacketVerdict.Return),
        new(new Statement.Lookup(Port, TunnelPorts.Name), new Statement.Verdict(PacketVerdict.Goto(ObjectNames.Tunneled))),
        new(new Statement.Lookup(Protocol, TunnelProtocols.Name), new Statement.Verdict(PacketVerdict.Goto(ObjectNames.Tunneled))),
    ];

    private static IEnumerable<Rule> LinkLocalRules(Set closed) =>
    [
        new(new Statement.Lookup(InputInterface, closed.Name, Inverted: true), new Statement.Verdict(PacketVerdict.Return)),
        new(new Statement.IcmpV6Type(FirstListenerMessage, LastListenerMessage), new Statement.Verdict(PacketVerdict.Return)),
        new(new Statement.IcmpV6Type(ListenerReportV2, ListenerReportV2), new Statement.Verdict(PacketVerdict.Return)),
        Unconditional(PacketVerdict.Goto(ObjectNames.LinkLocal)),
    ];

    private static Rule FromUplink(PacketVerdict verdict) => new(new Statement.Lookup(InputInterface, Uplinks.Name), new Statement.Verdict(verdict));

    private static Rule Unconditional(PacketVerdict verdict) => new(new Statement.Verdict(verdict));

    private static Element Interface(int index) => Element.Create(InputInterface.Type.Key((uint)index));

    /// <summary>The fields and sets of one address family.</summary>
    private sealed class FamilyFields(string suffix, PacketField source, PacketField destination, PacketField originalSource, PacketField replySource)
    {
        public LookupKey Destination { get; } = new(destination);

        public LookupKey GrantKey { get; } = new(PacketField.Iif, source);

        public Set Grants { get; } = new() { Name = "source-grants-" + suffix, Key = new LookupKey(PacketField.Iif, source).Type, IsInterval = true };

        /// <summary>The sender of an error, with either end of the connection that it is about.</summary>
        public LookupKey[] OwnKeys { get; } = [new(source, originalSource), new(source, replySource)];

        public Set Own { get; } = new() { Name = "own-addresses-" + suffix, Key = new LookupKey(source, originalSource).Type };
    }
}
