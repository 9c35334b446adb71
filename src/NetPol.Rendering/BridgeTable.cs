using System.Text;
using NetPol.Model;
using NetPol.Model.Net;
using NetPol.Nftables;

namespace NetPol.Rendering;

/// <summary>A port of a bridge that leads into a pod.</summary>
/// <param name="Name">The name of the port on the node.</param>
/// <param name="Addresses">The addresses from which the pod may send, link-local ones included; empty while the agent does not know the pod.</param>
/// <param name="HasIngressPolicies">Whether ingress policies select the pod, or may do so. Then frames that no policy evaluates, such as broadcasts, are dropped.</param>
/// <param name="Granted">Other networks that the configuration lets the pod use as source of IP packets; disjoint.</param>
public sealed record BridgedPort(string Name, ValueArray<IpAddress> Addresses, bool HasIngressPolicies, ValueArray<Cidr> Granted = default);

/// <summary>
/// Renders the table of the bridge family, which checks the source of frames at the port of the pod. The table of the family inet sees only the bridge, not
/// its ports. DESIGN.md beside this file explains the chains.
/// </summary>
public static class BridgeTable
{
    /// <summary>The name of the table. The table of the family inet has the same name.</summary>
    public const string TableName = "netpol";

    /// <summary>The counter of frames from a pod with a source that is not its own, or with neither IP nor ARP.</summary>
    public const string SpoofedCounter = "spoofed";

    /// <summary>The counter of frames between a pod and another port that no policy can evaluate: with a link-local address, or to an address that is not the pod's.</summary>
    public const string UnevaluatedCounter = "unevaluated";

    private const ushort Ipv4 = 0x0800;
    private const ushort Ipv6 = 0x86dd;
    private const ushort Arp = 0x0806;
    private const byte Udp = 17;
    private const byte IcmpV6 = 58;

    // RFC 826.
    private const ushort ArpRequest = 1;

    // RFC 2131 and RFC 8415.
    private const ushort DhcpServer = 67;
    private const ushort DhcpClient = 68;
    private const ushort DhcpV6Client = 546;
    private const ushort DhcpV6Server = 547;

    // RFC 4861; multicast listener discovery: RFC 2710 and RFC 3810.
    private const byte FirstListenerType = 130;
    private const byte ListenerReport = 131;
    private const byte ListenerDone = 132;
    private const byte RouterSolicitation = 133;
    private const byte RouterAdvertisement = 134;
    private const byte NeighborSolicitation = 135;
    private const byte NeighborAdvertisement = 136;
    private const byte Redirect = 137;
    private const byte ListenerReportV2 = 143;

    private const string VethChain = "veth";
    private const string IcmpV6Chain = "icmpv6";
    private const string SourceChain = "ipv6-source";
    private const string LinkLocalChain = "link-local";
    private const string ReceiverChain = "receiver";

    // fe80::/10, RFC 4291.
    private static readonly UInt128 FirstLinkLocal = (UInt128)0xfe80 << 112;
    private static readonly UInt128 LastLinkLocal = ((UInt128)0xfec0 << 112) - 1;

    private static readonly Set Addresses4 = new() { Name = "addresses-4", Key = new(KeyField.InterfaceName, KeyField.Ipv4Addr) };
    private static readonly Set Addresses6 = new() { Name = "addresses-6", Key = new(KeyField.InterfaceName, KeyField.Ipv6Addr) };
    private static readonly Set Grants4 = new() { Name = "source-grants-4", Key = new(KeyField.InterfaceName, KeyField.Ipv4Addr), IsInterval = true };
    private static readonly Set Grants6 = new() { Name = "source-grants-6", Key = new(KeyField.InterfaceName, KeyField.Ipv6Addr), IsInterval = true };
    private static readonly Set Ports = new() { Name = "pod-ports", Key = new(KeyField.InterfaceName), Comment = "lead into pods" };
    private static readonly Set WithIngressPolicies = new() { Name = "ingress-ports", Key = new(KeyField.InterfaceName), Comment = "lead into pods that ingress policies select" };
    private static readonly Set TrustedPorts = new() { Name = "trusted-ports", Key = new(KeyField.InterfaceName), Comment = "veths that may send from any address" };

    private static readonly Statement Accept = new Statement.Verdict(PacketVerdict.Accept);
    private static readonly Statement Drop = new Statement.Verdict(PacketVerdict.Drop);

    private static Rule DropSpoofed(params IEnumerable<Statement> when) => new([.. when, new Statement.NamedCounter(SpoofedCounter), Drop]);

    /// <summary>Returns the whole table. The order of the ports does not matter.</summary>
    /// <param name="pods">The ports that lead into pods.</param>
    /// <param name="trusted">The names of the veths that are ports of bridges and may send from any address. A veth in neither list may only send frames that request an address.</param>
    public static TableState Render(IReadOnlyCollection<BridgedPort> pods, IEnumerable<string> trusted) => new(
        TableName,
        "What pods may send into bridges, managed by NetPol",
        [new(SpoofedCounter, "drop: not sent as the pod"), new(UnevaluatedCounter, "drop: no policy can be evaluated for it")],
        [
            State(Addresses4, pods.SelectMany(p => Keys(Addresses4, p, IpFamily.V4))),
            State(Addresses6, pods.SelectMany(p => Keys(Addresses6, p, IpFamily.V6))),
            new(Grants4, ElementList.Create(pods.SelectMany(p => Granted(Grants4, p, IpFamily.V4)))),
            new(Grants6, ElementList.Create(pods.SelectMany(p => Granted(Grants6, p, IpFamily.V6)))),
            State(Ports, pods.Select(p => Ports.Key.Key(NameOf(p.Name)))),
            State(WithIngressPolicies, pods.Where(p => p.HasIngressPolicies).Select(p => WithIngressPolicies.Key.Key(NameOf(p.Name)))),
            State(TrustedPorts, trusted.Select(o => TrustedPorts.Key.Key(NameOf(o)))),
        ],
        [
            new(new("prerouting", new(BaseHook.PreRouting, BaseChain.BridgeFilterPriority), "frames that come in by a port"), PreRouting()),
            new(new("forward", new(BaseHook.Forward, BaseChain.BridgeFilterPriority), "frames from port to port"), Forward()),
            new(new(VethChain), Veth()),
            new(new(IcmpV6Chain), FromIcmpV6()),
            new(new(SourceChain), IfOwned(FrameField.Ip6Source, Accept), DropSpoofed()),
            new(new(LinkLocalChain), LinkLocal()),
            new(new(ReceiverChain), Receiver()),
        ]);

    private static IEnumerable<Rule> PreRouting() =>
    [
        // A pod that uses its own address pays one look-up.
        new(Ether(Ipv4), Owned(FrameField.IpSource), Accept),
        new(Ether(Ipv6), Protocol(IcmpV6, isNot: true), Owned(FrameField.Ip6Source), Accept),
        new(new Statement.FrameMatch(FrameField.InputKind, NameOf("veth")), Goto(VethChain)),
    ];

    private static IEnumerable<Rule> Veth() =>
    [
        new(new Statement.FrameLookup(FrameField.InputName, null, TrustedPorts.Name), Accept),
        new(Ether(Ipv6), Protocol(IcmpV6), Goto(IcmpV6Chain)),
        new(Ether(Arp), Owned(FrameField.ArpSender), Accept),
        // Probes for a duplicate address (RFC 5227), and DHCP clients (RFC 2131).
        new(Ether(Arp), Match(FrameField.ArpOperation, ArpRequest), Match(FrameField.ArpSender, 0), Accept),
        new(Ether(Ipv4), Match(FrameField.IpSource, 0), Protocol(Udp), Match(FrameField.UdpSource, DhcpClient), Match(FrameField.UdpDestination, DhcpServer), Accept),
        new(Ether(Ipv4), new Statement.FrameLookup(FrameField.InputName, FrameField.IpSource, Grants4.Name), Accept),
        new(Ether(Ipv6), new Statement.FrameLookup(FrameField.InputName, FrameField.Ip6Source, Grants6.Name), Accept),
        DropSpoofed(),
    ];

    private static IEnumerable<Rule> FromIcmpV6() =>
    [
        DropSpoofed(Type(RouterAdvertisement)),
        DropSpoofed(Type(Redirect)),
        new(Type(NeighborAdvertisement), Owned(FrameField.NeighborTarget), Goto(SourceChain)),
        DropSpoofed(Type(NeighborAdvertisement)),
        IfOwned(FrameField.Ip6Source, Accept),
        // Duplicate address detection (RFC 4862), and a search for routers before there is an address.
        new(Match(FrameField.Ip6Source, 0), Type(NeighborSolicitation), Accept),
        new(Match(FrameField.Ip6Source, 0), Type(RouterSolicitation), Accept),
        new(IsLinkLocal(FrameField.Ip6Source), Type(RouterSolicitation), Accept),
        // A bridge that snoops needs a pod's reports to forward multicast to it, neighbor solicitations included.
        new(Type(ListenerReport, ListenerDone), Accept),
        new(Type(ListenerReportV2), Accept),
        // A grant covers forwarded packets, not the pod's own neighbor discovery.
        DropSpoofed(Type(RouterSolicitation, NeighborSolicitation)),
        new(new Statement.FrameLookup(FrameField.InputName, FrameField.Ip6Source, Grants6.Name), Accept),
        DropSpoofed(),
    ];

    private static IEnumerable<Rule> Forward() =>
    [
        new(Ether(Ipv6), IsLinkLocal(FrameField.Ip6Destination), Goto(LinkLocalChain)),
        new(Ether(Ipv6), IsLinkLocal(FrameField.Ip6Source), From(Ports), Goto(LinkLocalChain)),
        new(To(WithIngressPolicies), Goto(ReceiverChain)),
    ];

    private static IEnumerable<Rule> Receiver() =>
    [
        new(Ether(Ipv4), new Statement.FrameLookup(FrameField.OutputName, FrameField.IpDestination, Addresses4.Name), Accept),
        new(Ether(Ipv6), new Statement.FrameLookup(FrameField.OutputName, FrameField.Ip6Destination, Addresses6.Name), Accept),
        new(Ether(Arp), Accept),
        new(Ether(Ipv6), Protocol(IcmpV6), Type(FirstListenerType, Redirect), Accept),
        new(Ether(Ipv6), Protocol(IcmpV6), Type(ListenerReportV2), Accept),
        DropUnevaluated(From(Ports)),
        // A server's answer to a client that has no address yet.
        new(Ether(Ipv4), Protocol(Udp), Match(FrameField.UdpSource, DhcpServer), Match(FrameField.UdpDestination, DhcpClient), Accept),
        DropUnevaluated(),
    ];

    private static IEnumerable<Rule> LinkLocal() =>
    [
        new(Protocol(IcmpV6), Type(FirstListenerType, Redirect), Accept),
        new(Protocol(IcmpV6), Type(ListenerReportV2), Accept),
        DropUnevaluated(From(Ports), To(Ports)),
        new(Protocol(Udp), new Statement.FrameMatch(FrameField.UdpDestination, DhcpV6Client, DhcpV6Server), Accept),
        DropUnevaluated(From(Ports)),
        DropUnevaluated(To(Ports)),
    ];

    private static Statement.FrameMatch Match(FrameField field, UInt128 value) => new(field, value);

    private static Statement.FrameMatch Ether(ushort type) => Match(FrameField.EtherType, type);

    private static Statement.FrameMatch Protocol(byte protocol, bool isNot = false) => new(FrameField.L4Protocol, protocol, isNot);

    private static Statement.FrameMatch Type(byte first, byte? last = null) => new(FrameField.IcmpV6Type, first, last ?? first);

    private static Statement.FrameMatch IsLinkLocal(FrameField field) => new(field, FirstLinkLocal, LastLinkLocal);

    private static Rule DropUnevaluated(params IEnumerable<Statement> when) => new([.. when, new Statement.NamedCounter(UnevaluatedCounter), Drop]);

    private static Statement.FrameLookup To(Set set) => new(FrameField.OutputName, null, set.Name);

    private static Statement.FrameLookup From(Set set) => new(FrameField.InputName, null, set.Name);

    /// <summary>Matches when the address belongs to the input port of the frame.</summary>
    private static Statement.FrameLookup Owned(FrameField address) =>
        new(FrameField.InputName, address, address is FrameField.IpSource or FrameField.ArpSender ? Addresses4.Name : Addresses6.Name);

    private static Rule IfOwned(FrameField address, Statement then) => new(Owned(address), then);

    private static Statement.Verdict Goto(string chain) => new(PacketVerdict.Goto(chain));

    private static SetState State(Set set, IEnumerable<ElementKey> keys) => new(set, ElementList.Create(keys.Distinct().Select(Element.Create)));

    private static IEnumerable<ElementKey> Keys(Set set, BridgedPort port, IpFamily family) =>
        port.Addresses.Where(a => a.Family == family).Select(a => set.Key.Key(NameOf(port.Name), a.Value));

    private static IEnumerable<Element> Granted(Set set, BridgedPort port, IpFamily family) => port.Granted.Where(g => g.Network.Family == family)
        .Select(g => new Element(set.Key.Key(NameOf(port.Name), g.Network.Value), set.Key.Key(NameOf(port.Name), g.Last.Value), default));

    /// <summary>The bytes of a name, then zeros, as a number.</summary>
    private static UInt128 NameOf(string name)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        Encoding.UTF8.GetBytes(name, bytes);
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }
}
