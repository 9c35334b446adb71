namespace NetPol.Netlink.NfTables.Expressions;

/// <summary>Asks the routing tables about an address of the packet (linux/netfilter/nf_tables.h, <c>enum nft_fib_attributes</c>).</summary>
/// <param name="Destination">Receives the answer.</param>
/// <param name="Result">The kind of answer.</param>
/// <param name="Flags">The address that is looked up, and the fields that restrict the route.</param>
public sealed record FibExpression(NfRegister Destination, FibResult Result, FibFlags Flags) : NfExpression
{
    internal const string KindName = "fib";
    private const ushort AttributeDestination = 1;
    private const ushort AttributeResult = 2;
    private const ushort AttributeFlags = 3;

    public override string Kind => KindName;

    internal static FibExpression ReadBody(AttributeReader attributes)
    {
        var read = new FibExpression(default, default, default);
        while (attributes.Next())
        {
            read = attributes.Type switch
            {
                AttributeDestination => read with { Destination = (NfRegister)attributes.ReadUInt32BigEndian() },
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
