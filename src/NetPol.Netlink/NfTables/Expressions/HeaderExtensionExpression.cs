namespace NetPol.Netlink.NfTables.Expressions;

/// <summary>Looks for an IPv6 extension header or an IPv4 option, and loads bytes of it (linux/netfilter/nf_tables.h, <c>enum nft_exthdr_attributes</c>).</summary>
/// <param name="Destination">Receives the bytes.</param>
/// <param name="Protocol">Says what kind of extension it is.</param>
/// <param name="Type">The number of the IPv6 extension header or of the IPv4 option.</param>
/// <param name="Offset">Bytes from the start of the extension.</param>
/// <param name="Length">Bytes to load.</param>
/// <param name="IsPresence">The answer is one byte: 1 when the extension is there, 0 when it is not. Without it, the rule ends when the extension is not there.</param>
public sealed record HeaderExtensionExpression(NfRegister Destination, HeaderExtension Protocol, byte Type, uint Offset, uint Length, bool IsPresence) : NfExpression
{
    internal const string KindName = "exthdr";
    private const ushort AttributeDestination = 1;
    private const ushort AttributeType = 2;
    private const ushort AttributeOffset = 3;
    private const ushort AttributeLength = 4;
    private const ushort AttributeFlags = 5;
    private const ushort AttributeProtocol = 6;
    private const ushort AttributeSource = 7;
    private const uint FlagPresent = 1;

    public override string Kind => KindName;

    /// <summary>Not one that writes to the packet or strips an option, which have no destination.</summary>
    internal static bool IsRead(AttributeReader attributes) => Has(attributes, AttributeDestination) && !Has(attributes, AttributeSource);

    internal static HeaderExtensionExpression ReadBody(AttributeReader attributes)
    {
        var read = new HeaderExtensionExpression(default, HeaderExtension.Ipv6, 0, 0, 0, IsPresence: false);
        while (attributes.Next())
        {
            read = attributes.Type switch
            {
                AttributeDestination => read with { Destination = (NfRegister)attributes.ReadUInt32BigEndian() },
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
