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

    public RouteKind Kind { get; init; } = RouteKind.Unicast;

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
        $"{(Kind == RouteKind.Unicast ? "" : $"{Kind} ".ToLowerInvariant())}{Destination}/{PrefixLength}{(Gateway is null ? "" : $" via {Gateway}")}";

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
            Kind = header.Kind,
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
            AddressBytes.Family(Destination), (byte)PrefixLength, 0, 0, Table <= byte.MaxValue ? (byte)Table : (byte)0, Protocol, Scope, Kind, OnLink ? RouteHeader.OnLink : 0);
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
