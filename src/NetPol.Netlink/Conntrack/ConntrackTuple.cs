using System.Net;

namespace NetPol.Netlink.Conntrack;

/// <summary>One direction of a connection (linux/netfilter/nfnetlink_conntrack.h, <c>enum ctattr_tuple</c>, <c>ctattr_ip</c>, <c>ctattr_l4proto</c>).</summary>
/// <param name="Source">Of the packets in this direction.</param>
/// <param name="Destination">Of the same family.</param>
/// <param name="Protocol">The number above IP: 6 TCP, 17 UDP, 132 SCTP, 1 ICMP, 58 ICMPv6.</param>
public sealed record ConntrackTuple(IPAddress Source, IPAddress Destination, byte Protocol)
{
    private const ushort AttributeIp = 1;
    private const ushort AttributeProtocol = 2;
    private const ushort AttributeSourceV4 = 1;
    private const ushort AttributeDestinationV4 = 2;
    private const ushort AttributeSourceV6 = 3;
    private const ushort AttributeDestinationV6 = 4;
    private const ushort AttributeNumber = 1;
    private const ushort AttributeSourcePort = 2;
    private const ushort AttributeDestinationPort = 3;
    private const ushort AttributeIcmpId = 4;
    private const ushort AttributeIcmpType = 5;
    private const ushort AttributeIcmpCode = 6;
    private const ushort AttributeIcmpV6Id = 7;
    private const ushort AttributeIcmpV6Type = 8;
    private const ushort AttributeIcmpV6Code = 9;
    private const byte IcmpV6 = 58;

    /// <summary>Of a protocol with ports; otherwise 0.</summary>
    public ushort SourcePort { get; init; }

    /// <summary>Of a protocol with ports; otherwise 0.</summary>
    public ushort DestinationPort { get; init; }

    /// <summary>Of ICMP and ICMPv6; otherwise null.</summary>
    public (byte Type, byte Code, ushort Id)? Icmp { get; init; }

    /// <summary><c>17 10.0.0.1:1024 > 10.0.0.2:53</c>.</summary>
    public override string ToString() => Icmp is { } icmp
        ? $"{Protocol} {Source} > {Destination} type {icmp.Type} code {icmp.Code} id {icmp.Id}"
        : $"{Protocol} {new IPEndPoint(Source, SourcePort)} > {new IPEndPoint(Destination, DestinationPort)}";

    internal static ConntrackTuple Read(AttributeReader attributes)
    {
        var tuple = new ConntrackTuple(IPAddress.None, IPAddress.None, 0);
        while (attributes.Next())
        {
            if (attributes.Type == AttributeIp)
                tuple = tuple.WithAddresses(attributes.Nested);
            else if (attributes.Type == AttributeProtocol)
                tuple = tuple.WithProtocol(attributes.Nested);
        }
        return tuple;
    }

    internal void Write(MessageWriter writer, ushort type)
    {
        var v4 = AddressBytes.IsV4(AddressBytes.Family(Source));
        var tuple = writer.BeginNested(type);
        var ip = writer.BeginNested(AttributeIp);
        writer.WriteAddress(v4 ? AttributeSourceV4 : AttributeSourceV6, Source);
        writer.WriteAddress(v4 ? AttributeDestinationV4 : AttributeDestinationV6, Destination);
        writer.EndNested(ip);
        var protocol = writer.BeginNested(AttributeProtocol);
        writer.WriteByte(AttributeNumber, Protocol);
        if (Icmp is { } icmp)
        {
            var v6 = Protocol == IcmpV6;
            writer.WriteUInt16BigEndian(v6 ? AttributeIcmpV6Id : AttributeIcmpId, icmp.Id);
            writer.WriteByte(v6 ? AttributeIcmpV6Type : AttributeIcmpType, icmp.Type);
            writer.WriteByte(v6 ? AttributeIcmpV6Code : AttributeIcmpCode, icmp.Code);
        }
        else
        {
            writer.WriteUInt16BigEndian(AttributeSourcePort, SourcePort);
            writer.WriteUInt16BigEndian(AttributeDestinationPort, DestinationPort);
        }
        writer.EndNested(protocol);
        writer.EndNested(tuple);
    }

    private ConntrackTuple WithAddresses(AttributeReader addresses)
    {
        var tuple = this;
        while (addresses.Next())
        {
            if (addresses.Type is AttributeSourceV4 or AttributeSourceV6)
                tuple = tuple with { Source = addresses.ReadAddress() };
            else if (addresses.Type is AttributeDestinationV4 or AttributeDestinationV6)
                tuple = tuple with { Destination = addresses.ReadAddress() };
        }
        return tuple;
    }

    private ConntrackTuple WithProtocol(AttributeReader fields)
    {
        var tuple = this;
        while (fields.Next())
        {
            var icmp = tuple.Icmp.GetValueOrDefault();
            tuple = fields.Type switch
            {
                AttributeNumber => tuple with { Protocol = fields.ReadByte() },
                AttributeSourcePort => tuple with { SourcePort = fields.ReadUInt16BigEndian() },
                AttributeDestinationPort => tuple with { DestinationPort = fields.ReadUInt16BigEndian() },
                AttributeIcmpId or AttributeIcmpV6Id => tuple with { Icmp = icmp with { Id = fields.ReadUInt16BigEndian() } },
                AttributeIcmpType or AttributeIcmpV6Type => tuple with { Icmp = icmp with { Type = fields.ReadByte() } },
                AttributeIcmpCode or AttributeIcmpV6Code => tuple with { Icmp = icmp with { Code = fields.ReadByte() } },
                _ => tuple,
            };
        }
        return tuple;
    }
}
