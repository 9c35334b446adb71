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

    /// <summary>Of a connection that another one announced (<see cref="ConntrackStatus.Expected"/>), the original direction of that; otherwise null.</summary>
    public ConntrackTuple? Master { get; init; }

    /// <summary>Of TCP (linux/netfilter/nf_conntrack_tcp.h, 3 is established) and SCTP (nf_conntrack_sctp.h); otherwise null.</summary>
    public byte? ProtocolState { get; init; }

    /// <summary>
    /// Whether it is a TCP connection of which the kernel saw no beginning, but a packet from the middle (nf_conntrack_tcp_loose): then nothing says which end
    /// began it, and <see cref="Original"/> is the direction of the first packet that was seen.
    /// </summary>
    public bool IsPickedUp { get; init; }

    /// <summary>Whether its ends have closed it, and the kernel only remembers it.</summary>
    public bool IsOver => (Original.Protocol, ProtocolState) is (Tcp, TcpTimeWait or TcpClosed) or (Sctp, SctpClosed);

    /// <summary>Seconds until it is forgotten.</summary>
    public uint Timeout { get; init; }

    public uint Mark { get; init; }

    /// <exception cref="NetlinkFormatException">The payload is no connection.</exception>
    public static ConntrackEntry Read(ReadOnlySpan<byte> payload)
    {
        var none = ConntrackTuple.Read(default);
        var entry = new ConntrackEntry(none, none);
        var attributes = AttributeReader.After(NfGenMessage.Size, payload);
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
