using NetPol.Netlink;

namespace NetPol.Nftables.Expressions;

/// <summary>Loads bytes of the packet (linux/netfilter/nf_tables.h, <c>enum nft_payload_attributes</c>).</summary>
/// <param name="Destination">Where they go.</param>
/// <param name="Base">Where <paramref name="Offset"/> counts from.</param>
/// <param name="Offset">Bytes.</param>
/// <param name="Length">Bytes.</param>
public sealed record PayloadExpression(Register Destination, PayloadBase Base, uint Offset, uint Length) : Expression
{
    internal const string KernelName = "payload";
    private const ushort AttributeDestination = 1;
    private const ushort AttributeBase = 2;
    private const ushort AttributeOffset = 3;
    private const ushort AttributeLength = 4;
    private const ushort AttributeSource = 5;

    public override string TypeName => KernelName;

    internal static bool IsWrite(AttributeReader attributes) => Has(attributes, AttributeSource);

    internal static PayloadExpression ReadBody(AttributeReader attributes)
    {
        var read = new PayloadExpression(default, default, 0, 0);
        while (attributes.Next())
        {
            read = attributes.Type switch
            {
                AttributeDestination => read with { Destination = (Register)attributes.ReadUInt32BigEndian() },
                AttributeBase => read with { Base = (PayloadBase)attributes.ReadUInt32BigEndian() },
                AttributeOffset => read with { Offset = attributes.ReadUInt32BigEndian() },
                AttributeLength => read with { Length = attributes.ReadUInt32BigEndian() },
                _ => read,
            };
        }
        return read;
    }

    private protected override void WriteBody(MessageWriter writer)
    {
        writer.WriteUInt32BigEndian(AttributeDestination, (uint)Destination);
        writer.WriteUInt32BigEndian(AttributeBase, (uint)Base);
        writer.WriteUInt32BigEndian(AttributeOffset, Offset);
        writer.WriteUInt32BigEndian(AttributeLength, Length);
    }
}

/// <summary>Where in a packet an offset counts from (linux/netfilter/nf_tables.h, <c>enum nft_payload_bases</c>).</summary>
public enum PayloadBase : uint
{
    LinkHeader = 0,
    NetworkHeader = 1,
    TransportHeader = 2,
    InnerHeader = 3,
}

/// <summary>Loads what the kernel knows of the packet (linux/netfilter/nf_tables.h, <c>enum nft_meta_attributes</c>).</summary>
/// <param name="Destination">Where it goes.</param>
/// <param name="Key">What is loaded.</param>
public sealed record MetaExpression(Register Destination, MetaKey Key) : Expression
{
    internal const string KernelName = "meta";
    private const ushort AttributeDestination = 1;
    private const ushort AttributeKey = 2;
    private const ushort AttributeSource = 3;

    public override string TypeName => KernelName;

    internal static bool IsWrite(AttributeReader attributes) => Has(attributes, AttributeSource);

    internal static MetaExpression ReadBody(AttributeReader attributes)
    {
        var read = new MetaExpression(default, default);
        while (attributes.Next())
        {
            if (attributes.Type == AttributeDestination)
                read = read with { Destination = (Register)attributes.ReadUInt32BigEndian() };
            else if (attributes.Type == AttributeKey)
                read = read with { Key = (MetaKey)attributes.ReadUInt32BigEndian() };
        }
        return read;
    }

    private protected override void WriteBody(MessageWriter writer)
    {
        writer.WriteUInt32BigEndian(AttributeKey, (uint)Key);
        writer.WriteUInt32BigEndian(AttributeDestination, (uint)Destination);
    }
}

/// <summary>Packet metadata (linux/netfilter/nf_tables.h, <c>enum nft_meta_keys</c>).</summary>
public enum MetaKey : uint
{
    Length = 0,

    /// <summary>The EtherType, two bytes in network order.</summary>
    Protocol = 1,

    Priority = 2,
    Mark = 3,

    /// <summary>Four bytes in host order.</summary>
    InputInterface = 4,

    /// <summary>Four bytes in host order.</summary>
    OutputInterface = 5,

    /// <summary>Sixteen bytes, zeros at the end.</summary>
    InputInterfaceName = 6,

    /// <summary>Sixteen bytes, zeros at the end.</summary>
    OutputInterfaceName = 7,

    /// <summary>One byte, see <see cref="TableFamily"/>.</summary>
    NfProto = 15,

    /// <summary>The protocol above IP, one byte.</summary>
    L4Protocol = 16,

    /// <summary>Sixteen bytes, zeros at the end: <c>veth</c>, <c>bridge</c>, …; all zeros for hardware.</summary>
    InputInterfaceKind = 26,
}

/// <summary>Loads what connection tracking knows (linux/netfilter/nf_tables.h, <c>enum nft_ct_attributes</c>).</summary>
/// <param name="Destination">Where it goes.</param>
/// <param name="Key">What is loaded.</param>
/// <param name="Direction">0 original, 1 reply; null for keys without a direction.</param>
public sealed record ConntrackExpression(Register Destination, ConntrackKey Key, byte? Direction = null) : Expression
{
    /// <summary>The direction of the packet that began the connection.</summary>
    public const byte Original = 0;

    /// <summary>The direction of the answers.</summary>
    public const byte Reply = 1;

    internal const string KernelName = "ct";
    private const ushort AttributeDestination = 1;
    private const ushort AttributeKey = 2;
    private const ushort AttributeDirection = 3;
    private const ushort AttributeSource = 4;

    public override string TypeName => KernelName;

    internal static bool IsWrite(AttributeReader attributes) => Has(attributes, AttributeSource);

    internal static ConntrackExpression ReadBody(AttributeReader attributes)
    {
        var read = new ConntrackExpression(default, default);
        while (attributes.Next())
        {
            read = attributes.Type switch
            {
                AttributeDestination => read with { Destination = (Register)attributes.ReadUInt32BigEndian() },
                AttributeKey => read with { Key = (ConntrackKey)attributes.ReadUInt32BigEndian() },
                AttributeDirection => read with { Direction = attributes.ReadByte() },
                _ => read,
            };
        }
        return read;
    }

    private protected override void WriteBody(MessageWriter writer)
    {
        writer.WriteUInt32BigEndian(AttributeKey, (uint)Key);
        writer.WriteUInt32BigEndian(AttributeDestination, (uint)Destination);
        if (Direction is { } direction)
            writer.WriteByte(AttributeDirection, direction);
    }
}

/// <summary>Connection tracking data of a packet (linux/netfilter/nf_tables.h, <c>enum nft_ct_keys</c>).</summary>
public enum ConntrackKey : uint
{
    /// <summary>Four bytes in host order, a mask: 1 invalid, 2 established, 4 related, 8 new, 64 untracked.</summary>
    State = 0,

    /// <summary>One byte: 0 original, 1 reply.</summary>
    Direction = 1,

    /// <summary>Four bytes in host order.</summary>
    Status = 2,

    /// <summary>Four bytes in host order.</summary>
    Mark = 3,

    /// <summary>The source address of one direction of the connection: four bytes in network order; IPv6 packets do not match.</summary>
    SourceAddressV4 = 19,

    /// <summary>The source address of one direction of the connection: sixteen bytes in network order; IPv4 packets do not match.</summary>
    SourceAddressV6 = 21,
}

/// <summary>Asks the routing tables about an address of the packet (linux/netfilter/nf_tables.h, <c>enum nft_fib_attributes</c>).</summary>
/// <param name="Destination">Receives the answer.</param>
/// <param name="Result">The kind of answer.</param>
/// <param name="Flags">The address that is looked up, and the fields that restrict the route.</param>
public sealed record FibExpression(Register Destination, FibResult Result, FibFlags Flags) : Expression
{
    internal const string KernelName = "fib";
    private const ushort AttributeDestination = 1;
    private const ushort AttributeResult = 2;
    private const ushort AttributeFlags = 3;

    public override string TypeName => KernelName;

    internal static FibExpression ReadBody(AttributeReader attributes)
    {
        var read = new FibExpression(default, default, default);
        while (attributes.Next())
        {
            read = attributes.Type switch
            {
                AttributeDestination => read with { Destination = (Register)attributes.ReadUInt32BigEndian() },
                AttributeResult => read with { Result = (FibResult)attributes.ReadUInt32BigEndian() },
                AttributeFlags => read with { Flags = (FibFlags)attributes.ReadUInt32BigEndian() },
                _ => read,
            };
        }
        return read;
    }

    private protected override void WriteBody(MessageWriter writer)
    {
        writer.WriteUInt32BigEndian(AttributeDestination, (uint)Destination);
        writer.WriteUInt32BigEndian(AttributeResult, (uint)Result);
        writer.WriteUInt32BigEndian(AttributeFlags, (uint)Flags);
    }
}

/// <summary>linux/netfilter/nf_tables.h, <c>enum nft_fib_result</c>.</summary>
public enum FibResult : uint
{
    Unspecified = 0,

    /// <summary>The index of the output interface, four bytes in host order; 0 when there is no route.</summary>
    OutputInterface = 1,

    /// <summary>The name of the output interface, sixteen bytes.</summary>
    OutputInterfaceName = 2,

    /// <summary>The type of the address, four bytes in host order: RTN_UNICAST, RTN_LOCAL and so on of linux/rtnetlink.h.</summary>
    AddressType = 3,
}

/// <summary>linux/netfilter/nf_tables.h, <c>enum nft_fib_flags</c>.</summary>
[Flags]
public enum FibFlags : uint
{
    None = 0,

    /// <summary>Looks the source address up.</summary>
    SourceAddress = 1,

    /// <summary>Looks the destination address up.</summary>
    DestinationAddress = 2,

    /// <summary>With the packet's mark.</summary>
    Mark = 4,

    /// <summary>Only routes by the interface that the packet came in by.</summary>
    InputInterface = 8,

    /// <summary>Only routes by the interface that the packet goes out by.</summary>
    OutputInterface = 16,

    /// <summary>With <see cref="FibResult.OutputInterface"/>: the answer is 1 when there is a route and 0 when there is none, four bytes in host order.</summary>
    Present = 32,
}

/// <summary>Looks for an IPv6 extension header or an IPv4 option, and loads bytes of it (linux/netfilter/nf_tables.h, <c>enum nft_exthdr_attributes</c>).</summary>
/// <param name="Destination">Receives the bytes.</param>
/// <param name="Protocol">Says what kind of extension it is.</param>
/// <param name="Type">The number of the IPv6 extension header or of the IPv4 option.</param>
/// <param name="Offset">Bytes from the start of the extension.</param>
/// <param name="Length">Bytes to load.</param>
/// <param name="IsPresence">The answer is one byte: 1 when the extension is there, 0 when it is not. Without it, the rule ends when the extension is not there.</param>
public sealed record HeaderExtensionExpression(Register Destination, HeaderExtension Protocol, byte Type, uint Offset, uint Length, bool IsPresence) : Expression
{
    internal const string KernelName = "exthdr";
    private const ushort AttributeDestination = 1;
    private const ushort AttributeType = 2;
    private const ushort AttributeOffset = 3;
    private const ushort AttributeLength = 4;
    private const ushort AttributeFlags = 5;
    private const ushort AttributeProtocol = 6;
    private const ushort AttributeSource = 7;
    private const uint FlagPresent = 1;

    public override string TypeName => KernelName;

    /// <summary>Not one that writes to the packet or strips an option, which have no destination.</summary>
    internal static bool IsRead(AttributeReader attributes) => Has(attributes, AttributeDestination) && !Has(attributes, AttributeSource);

    internal static HeaderExtensionExpression ReadBody(AttributeReader attributes)
    {
        var read = new HeaderExtensionExpression(default, HeaderExtension.Ipv6, 0, 0, 0, IsPresence: false);
        while (attributes.Next())
        {
            read = attributes.Type switch
            {
                AttributeDestination => read with { Destination = (Register)attributes.ReadUInt32BigEndian() },
                AttributeType => read with { Type = attributes.ReadByte() },
                AttributeOffset => read with { Offset = attributes.ReadUInt32BigEndian() },
                AttributeLength => read with { Length = attributes.ReadUInt32BigEndian() },
                AttributeFlags => read with { IsPresence = (attributes.ReadUInt32BigEndian() & FlagPresent) != 0 },
                AttributeProtocol => read with { Protocol = (HeaderExtension)attributes.ReadUInt32BigEndian() },
                _ => read,
            };
        }
        return read;
    }

    private protected override void WriteBody(MessageWriter writer)
    {
        writer.WriteUInt32BigEndian(AttributeDestination, (uint)Destination);
        writer.WriteByte(AttributeType, Type);
        writer.WriteUInt32BigEndian(AttributeOffset, Offset);
        writer.WriteUInt32BigEndian(AttributeLength, Length);
        writer.WriteUInt32BigEndian(AttributeProtocol, (uint)Protocol);
        writer.WriteUInt32BigEndian(AttributeFlags, IsPresence ? FlagPresent : 0);
    }
}

/// <summary>linux/netfilter/nf_tables.h, <c>enum nft_exthdr_op</c>.</summary>
public enum HeaderExtension : uint
{
    Ipv6 = 0,
    TcpOption = 1,
    Ipv4Option = 2,
}
