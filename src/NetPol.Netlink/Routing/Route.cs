using System.Net;
using System.Runtime.InteropServices;

namespace NetPol.Netlink.Routing;

/// <summary>A route with one next hop, or one without any. A route with several next hops is read as several.</summary>
/// <param name="Destination">Network address; <c>0.0.0.0</c> or <c>::</c> with 0 bits for the default route. Its family is the route's.</param>
/// <param name="PrefixLength">Bits.</param>
public sealed record Route(IPAddress Destination, int PrefixLength)
{
    /// <summary>RT_TABLE_MAIN.</summary>
    public const uint MainTable = 254;

    /// <summary>The link's index, or 0 when the kernel finds it by the gateway or none is needed.</summary>
    public int Interface { get; init; }

    /// <summary>The next router; null when the destination is on the link. Its family may differ from the destination's (RFC 5549).</summary>
    public IPAddress? Gateway { get; init; }

    /// <summary>Takes the gateway as reachable on the link though no route leads to it.</summary>
    public bool OnLink { get; init; }

    /// <summary>The address that this machine's own packets take.</summary>
    public IPAddress? Source { get; init; }

    public RouteScope Scope { get; init; }

    public RouteType Type { get; init; } = RouteType.Unicast;

    /// <summary>The number of the table that it is in.</summary>
    public uint Table { get; init; } = MainTable;

    /// <summary>Who made it.</summary>
    public RouteProtocol Protocol { get; init; } = RouteProtocol.Static;

    /// <summary>Whether it ends segment routing here: the kernel may take an inner packet out of what is sent to it (LWTUNNEL_ENCAP_SEG6_LOCAL).</summary>
    public bool EndsSegmentRouting { get; init; }

    /// <summary>Lower wins; 0 leaves it to the kernel.</summary>
    public uint Metric { get; init; }

    /// <summary><c>10.0.0.0/8 via 10.1.1.1</c>.</summary>
    public override string ToString() =>
        $"{(Type == RouteType.Unicast ? "" : $"{Type} ".ToLowerInvariant())}{Destination}/{PrefixLength}{(Gateway is null ? "" : $" via {Gateway}")}";

    /// <summary>The route, once for each of its next hops.</summary>
    /// <exception cref="NetlinkFormatException">The payload is no route.</exception>
    public static IEnumerable<Route> Read(ReadOnlySpan<byte> payload)
    {
        if (payload.Length < RouteHeader.Size)
            throw new NetlinkFormatException($"a route needs {RouteHeader.Size} bytes, {payload.Length} are left");
        var header = MemoryMarshal.Read<RouteHeader>(payload);
        var any = AddressBytes.IsV4(header.Family) ? IPAddress.Any : IPAddress.IPv6Any;
        var route = new Route(any, header.DestinationBits)
        {
            Type = header.Type,
            Scope = header.Scope,
            Protocol = header.Protocol,
            Table = header.Table,
            OnLink = (header.Flags & RouteHeader.OnLink) != 0,
        };
        var hops = default(ReadOnlySpan<byte>);
        var attributes = AttributeReader.After(RouteHeader.Size, payload);
        while (attributes.Next())
        {
            if (attributes.Type == RouteHeader.AttributeNextHops)
                hops = attributes.Value;
            else
                route = route.With(attributes);
        }
        return hops.IsEmpty ? [route] : RouteHop.ReadAll(route, hops);
    }

    /// <summary>This route with what one attribute says of it, or of one of its next hops.</summary>
    internal Route With(AttributeReader attribute) => attribute.Type switch
    {
        RouteHeader.AttributeDestination => this with { Destination = attribute.ReadAddress() },
        RouteHeader.AttributeGateway => this with { Gateway = attribute.ReadAddress() },
        RouteHeader.AttributeVia => this with { Gateway = RouteHop.ReadVia(attribute) },
        RouteHeader.AttributePreferredSource => this with { Source = attribute.ReadAddress() },
        RouteHeader.AttributeInterface => this with { Interface = attribute.ReadInt32() },
        RouteHeader.AttributePriority => this with { Metric = attribute.ReadUInt32() },
        RouteHeader.AttributeTable => this with { Table = attribute.ReadUInt32() },
        RouteHeader.AttributeEncapsulation => this with { EndsSegmentRouting = attribute.ReadUInt16() == RouteHeader.SegmentRoutingLocal },
        _ => this,
    };

    internal void Write(MessageWriter writer)
    {
        var header = new RouteHeader(
            AddressBytes.Family(Destination), (byte)PrefixLength, 0, 0, Table <= byte.MaxValue ? (byte)Table : (byte)0, Protocol, Scope, Type, OnLink ? RouteHeader.OnLink : 0);
        writer.WriteRaw(MemoryMarshal.AsBytes(new ReadOnlySpan<RouteHeader>(in header)));
        if (PrefixLength != 0)
            writer.WriteAddress(RouteHeader.AttributeDestination, Destination);
        if (Gateway is not null)
            writer.WriteAddress(RouteHeader.AttributeGateway, Gateway);
        if (Source is not null)
            writer.WriteAddress(RouteHeader.AttributePreferredSource, Source);
        if (Interface != 0)
            writer.WriteUInt32(RouteHeader.AttributeInterface, (uint)Interface);
        if (Table > byte.MaxValue)
            writer.WriteUInt32(RouteHeader.AttributeTable, Table);
        if (Metric != 0)
            writer.WriteUInt32(RouteHeader.AttributePriority, Metric);
    }
}

/// <summary>The fixed part of a route message, host order (linux/rtnetlink.h, <c>struct rtmsg</c>).</summary>
/// <param name="Family">AF_INET or AF_INET6.</param>
/// <param name="DestinationBits">Bits of the destination's prefix.</param>
/// <param name="SourceBits">Zero.</param>
/// <param name="TypeOfService">Zero.</param>
/// <param name="Table">RT_TABLE_*.</param>
/// <param name="Protocol">See <see cref="RouteProtocol"/>.</param>
/// <param name="Scope">See <see cref="RouteScope"/>.</param>
/// <param name="Type">See <see cref="RouteType"/>.</param>
/// <param name="Flags">RTNH_F_*.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct RouteHeader(
    byte Family, byte DestinationBits, byte SourceBits, byte TypeOfService, byte Table, RouteProtocol Protocol, RouteScope Scope, RouteType Type, uint Flags)
{
    public const int Size = 12;

    /// <summary>RTNH_F_ONLINK.</summary>
    public const uint OnLink = 4;

    public const ushort AttributeDestination = 1;
    public const ushort AttributeInterface = 4;
    public const ushort AttributeGateway = 5;
    public const ushort AttributePriority = 6;
    public const ushort AttributePreferredSource = 7;
    public const ushort AttributeNextHops = 9;
    public const ushort AttributeTable = 15;
    public const ushort AttributeVia = 18;
    public const ushort AttributeEncapsulation = 21;

    /// <summary>LWTUNNEL_ENCAP_SEG6_LOCAL of linux/lwtunnel.h.</summary>
    public const ushort SegmentRoutingLocal = 7;
}

/// <summary>The next hops inside a route message (linux/rtnetlink.h, <c>struct rtnexthop</c> and <c>struct rtvia</c>).</summary>
internal static class RouteHop
{
    // u16 length, u8 flags, u8 weight, s32 link.
    private const int HeaderSize = 8;
    private const int LinkOffset = 4;
    private const int FamilySize = 2;

    /// <summary>The route once for each hop in <paramref name="hops"/>.</summary>
    /// <exception cref="NetlinkFormatException">A hop is shorter than its header or longer than what is left.</exception>
    public static List<Route> ReadAll(Route route, ReadOnlySpan<byte> hops)
    {
        var routes = new List<Route>();
        while (!hops.IsEmpty)
        {
            if (hops.Length < HeaderSize)
                throw new NetlinkFormatException($"a next hop needs {HeaderSize} bytes, {hops.Length} are left");
            int length = MemoryMarshal.Read<ushort>(hops);
            if (length < HeaderSize || length > hops.Length)
                throw new NetlinkFormatException($"a next hop says it has {length} bytes, {hops.Length} are left");
            var one = route with { Interface = MemoryMarshal.Read<int>(hops[LinkOffset..]) };
            var attributes = new AttributeReader(hops[HeaderSize..length]);
            while (attributes.Next())
                one = one.With(attributes);
            routes.Add(one);
            hops = hops[Math.Min(MessageWriter.Align(length), hops.Length)..];
        }
        return routes;
    }

    /// <summary>A gateway of a family of its own: the family in two bytes, then the address.</summary>
    public static IPAddress ReadVia(AttributeReader attribute) => attribute.Value.Length is FamilySize + 4 or FamilySize + 16
        ? new(attribute.Value[FamilySize..])
        : throw new NetlinkFormatException($"a gateway with a family has {attribute.Value.Length} bytes");
}

/// <summary>What a route does (linux/rtnetlink.h, <c>RTN_*</c>).</summary>
public enum RouteType : byte
{
    Unicast = 1,

    /// <summary>To this machine.</summary>
    Local = 2,

    /// <summary>Drops in silence.</summary>
    Blackhole = 6,

    /// <summary>Drops and says so by ICMP.</summary>
    Unreachable = 7,
}

/// <summary>Who made a route (linux/rtnetlink.h, <c>RTPROT_*</c>); routing daemons have further numbers.</summary>
public enum RouteProtocol : byte
{
    Unspecified = 0,

    /// <summary>An ICMP redirect.</summary>
    Redirect = 1,

    /// <summary>The kernel, from an address or a router advertisement's prefix.</summary>
    Kernel = 2,

    /// <summary>A command without a protocol, such as <c>ip route add</c>.</summary>
    Boot = 3,

    /// <summary>An administrator.</summary>
    Static = 4,

    /// <summary>A router advertisement.</summary>
    RouterAdvertisement = 9,

    /// <summary>A DHCP client.</summary>
    Dhcp = 16,
}

/// <summary>How far away a destination is (linux/rtnetlink.h, <c>enum rt_scope_t</c>).</summary>
public enum RouteScope : byte
{
    /// <summary>Anywhere, through a gateway.</summary>
    Universe = 0,

    /// <summary>On the link itself.</summary>
    Link = 253,

    /// <summary>This machine.</summary>
    Host = 254,
}
