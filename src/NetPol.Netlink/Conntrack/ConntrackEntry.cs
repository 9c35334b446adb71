using System.Net;

namespace NetPol.Netlink.Conntrack;

/// <summary>A tracked connection (linux/netfilter/nfnetlink_conntrack.h, <c>enum ctattr_type</c>).</summary>
/// <param name="Original">The direction of its first packet, before any NAT.</param>
/// <param name="Reply">The direction of the answers, as they come in: with destination NAT its source is where the connection really went.</param>
public sealed record ConntrackEntry(ConntrackTuple Original, ConntrackTuple Reply)
{
    internal const ushort AttributeOriginal = 1;
    internal const ushort AttributeId = 12;
    private const ushort AttributeReply = 2;
    private const ushort AttributeStatus = 3;
    private const ushort AttributeProtocolInfo = 4;
    private const ushort AttributeTimeout = 7;
    private const ushort AttributeMark = 8;
    private const ushort AttributeMaster = 14;
    private const ushort AttributeTcp = 1;
    private const ushort AttributeSctp = 3;
    private const ushort AttributeState = 1;
    private const ushort AttributeTcpFlagsOriginal = 4;
    private const ushort AttributeTcpFlagsReply = 5;

    /// <summary>IP_CT_TCP_FLAG_BE_LIBERAL of linux/netfilter/nf_conntrack_tcp.h: the kernel does not know the window of this direction.</summary>
    private const byte TcpLiberal = 0x08;
    private const byte Tcp = 6;
    private const byte Sctp = 132;
    private const byte TcpTimeWait = 7;
    private const byte TcpClosed = 8;
    private const byte SctpClosed = 1;

    /// <summary>The kernel's number for it: two connections with the same tuples, one after the other, differ by it.</summary>
    public uint Id { get; init; }

    public ConntrackStatus Status { get; init; }

    /// <summary>The original direction of the connection that announced this one (<see cref="ConntrackStatus.Expected"/>); null if none did.</summary>
    public ConntrackTuple? Master { get; init; }

    /// <summary>The state of a TCP (linux/netfilter/nf_conntrack_tcp.h, 3 is established) or SCTP connection (nf_conntrack_sctp.h); null for other protocols.</summary>
    public byte? ProtocolState { get; init; }

    /// <summary>
    /// Whether it is a TCP connection whose first packet, for the kernel, was one from the middle (nf_conntrack_tcp_loose): then nothing says which end
    /// began it, and <see cref="Original"/> is the direction of the first packet that was seen.
    /// </summary>
    public bool IsPickedUp { get; init; }

    /// <summary>Whether its ends have closed it, and the kernel only remembers it.</summary>
    public bool IsClosed => (Original.Protocol, ProtocolState) is (Tcp, TcpTimeWait or TcpClosed) or (Sctp, SctpClosed);

    /// <summary>Seconds until it is forgotten.</summary>
    public uint Timeout { get; init; }

    public uint Mark { get; init; }

    /// <exception cref="NetlinkFormatException">The payload is no connection.</exception>
    public static ConntrackEntry Read(ReadOnlySpan<byte> payload)
    {
        var none = ConntrackTuple.Read(default);
        var entry = new ConntrackEntry(none, none);
        var attributes = AttributeReader.After(NetfilterHeader.Size, payload);
        while (attributes.Next())
        {
            entry = attributes.Type switch
            {
                AttributeOriginal => entry with { Original = ConntrackTuple.Read(attributes.Nested) },
                AttributeReply => entry with { Reply = ConntrackTuple.Read(attributes.Nested) },
                AttributeStatus => entry with { Status = (ConntrackStatus)attributes.ReadUInt32BigEndian() },
                AttributeProtocolInfo => entry.WithProtocolInfo(attributes.Nested),
                AttributeTimeout => entry with { Timeout = attributes.ReadUInt32BigEndian() },
                AttributeMaster => entry with { Master = ConntrackTuple.Read(attributes.Nested) },
                AttributeMark => entry with { Mark = attributes.ReadUInt32BigEndian() },
                AttributeId => entry with { Id = attributes.ReadUInt32BigEndian() },
                _ => entry,
            };
        }
        return entry;
    }

    private ConntrackEntry WithProtocolInfo(AttributeReader protocols)
    {
        var entry = this;
        while (protocols.Next())
        {
            if (protocols.Type is not (AttributeTcp or AttributeSctp))
                continue;
            byte original = 0, reply = 0;
            var fields = protocols.Nested;
            while (fields.Next())
            {
                if (fields.Type == AttributeState)
                    entry = entry with { ProtocolState = fields.ReadByte() };
                else if (fields.Type == AttributeTcpFlagsOriginal)
                    original = FirstByte(fields.Value);
                else if (fields.Type == AttributeTcpFlagsReply)
                    reply = FirstByte(fields.Value);
            }
            // The kernel sets the flag for both directions when it picks a connection up.
            entry = entry with { IsPickedUp = protocols.Type == AttributeTcp && (original & reply & TcpLiberal) != 0 };
        }
        return entry;
    }

    /// <summary>The flags of a structure of flags and mask.</summary>
    private static byte FirstByte(ReadOnlySpan<byte> flags) => flags.IsEmpty ? (byte)0 : flags[0];
}

/// <summary>linux/netfilter/nf_conntrack_common.h, <c>enum ip_conntrack_status</c>.</summary>
[Flags]
public enum ConntrackStatus : uint
{
    None = 0,
    Expected = 0x1,

    /// <summary>Packets were seen both ways.</summary>
    SeenReply = 0x2,

    /// <summary>Not dropped early when the table is full.</summary>
    Assured = 0x4,

    /// <summary>Its first packet has left.</summary>
    Confirmed = 0x8,

    SourceNat = 0x10,
    DestinationNat = 0x20,
    Dying = 0x200,
    Offload = 0x4000,
}

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

    /// <summary>0 for a protocol without ports.</summary>
    public ushort SourcePort { get; init; }

    /// <summary>0 for a protocol without ports.</summary>
    public ushort DestinationPort { get; init; }

    /// <summary>The type and code of ICMP and ICMPv6; null for other protocols.</summary>
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
