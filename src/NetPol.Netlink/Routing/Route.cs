using System.Net;
using System.Runtime.InteropServices;

namespace NetPol.Netlink.Routing;

/// <summary>A route in the main table.</summary>
/// <param name="Destination">Network address; <c>0.0.0.0</c> or <c>::</c> with 0 bits for the default route. Its family is the route's.</param>
/// <param name="PrefixLength">Bits.</param>
public sealed record Route(IPAddress Destination, int PrefixLength)
{
    /// <summary>The link's index, or 0 when the kernel finds it by the gateway or none is needed.</summary>
    public int Interface { get; init; }

    public IPAddress? Gateway { get; init; }

    /// <summary>Takes the gateway as reachable on the link though no route leads to it.</summary>
    public bool OnLink { get; init; }

    /// <summary>The address that this machine's own packets take.</summary>
    public IPAddress? Source { get; init; }

    public RouteScope Scope { get; init; }

    public RouteKind Kind { get; init; } = RouteKind.Unicast;

    /// <summary>Lower wins; 0 leaves it to the kernel.</summary>
    public uint Metric { get; init; }

    /// <summary><c>10.0.0.0/8 via 10.1.1.1</c>.</summary>
    public override string ToString() =>
        $"{(Kind == RouteKind.Unicast ? "" : $"{Kind} ".ToLowerInvariant())}{Destination}/{PrefixLength}{(Gateway is null ? "" : $" via {Gateway}")}";

    internal static Route Read(ReadOnlySpan<byte> payload)
    {
        if (payload.Length < RouteHeader.Size)
            throw new NetlinkFormatException($"a route needs {RouteHeader.Size} bytes, {payload.Length} are left");
        var header = MemoryMarshal.Read<RouteHeader>(payload);
        var any = AddressBytes.IsV4(header.Family) ? IPAddress.Any : IPAddress.IPv6Any;
        var route = new Route(any, header.DestinationBits) { Kind = header.Kind, Scope = header.Scope, OnLink = (header.Flags & RouteHeader.OnLink) != 0 };
        var attributes = AttributeReader.After(RouteHeader.Size, payload);
        while (attributes.Next())
        {
            route = attributes.Type switch
            {
                RouteHeader.AttributeDestination => route with { Destination = attributes.ReadAddress() },
                RouteHeader.AttributeGateway => route with { Gateway = attributes.ReadAddress() },
                RouteHeader.AttributePreferredSource => route with { Source = attributes.ReadAddress() },
                RouteHeader.AttributeInterface => route with { Interface = attributes.ReadInt32() },
                RouteHeader.AttributePriority => route with { Metric = attributes.ReadUInt32() },
                _ => route,
            };
        }
        return route;
    }

    internal void Write(MessageWriter writer)
    {
        var header = new RouteHeader(
            AddressBytes.Family(Destination), (byte)PrefixLength, 0, 0, RouteHeader.MainTable, RouteHeader.Static, Scope, Kind, OnLink ? RouteHeader.OnLink : 0);
        writer.WriteRaw(MemoryMarshal.AsBytes(new ReadOnlySpan<RouteHeader>(in header)));
        if (PrefixLength != 0)
            writer.WriteAddress(RouteHeader.AttributeDestination, Destination);
        if (Gateway is not null)
            writer.WriteAddress(RouteHeader.AttributeGateway, Gateway);
        if (Source is not null)
            writer.WriteAddress(RouteHeader.AttributePreferredSource, Source);
        if (Interface != 0)
            writer.WriteUInt32(RouteHeader.AttributeInterface, (uint)Interface);
        if (Metric != 0)
            writer.WriteUInt32(RouteHeader.AttributePriority, Metric);
    }
}
