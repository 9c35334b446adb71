using NetPol.Netlink;

namespace NetPol.Nftables.Expressions;

/// <summary>Ends the rule unless a register compares to a constant, byte by byte (linux/netfilter/nf_tables.h, <c>enum nft_cmp_attributes</c>).</summary>
/// <param name="Source">What is compared.</param>
/// <param name="Operator">How.</param>
/// <param name="Value">With what; its length is how much is compared.</param>
public sealed record CompareExpression(Register Source, CompareOperator Operator, RegisterValue Value) : Expression
{
    internal const string KernelName = "cmp";
    private const ushort AttributeSource = 1;
    private const ushort AttributeOperator = 2;
    private const ushort AttributeData = 3;

    public override string TypeName => KernelName;

    internal static CompareExpression ReadBody(AttributeReader attributes)
    {
        var read = new CompareExpression(default, default, default);
        while (attributes.Next())
        {
            read = attributes.Type switch
            {
                AttributeSource => read with { Source = (Register)attributes.ReadUInt32BigEndian() },
                AttributeOperator => read with { Operator = (CompareOperator)attributes.ReadUInt32BigEndian() },
                AttributeData => read with { Value = new(DataAttribute.ReadValue(attributes.Nested)) },
                _ => read,
            };
        }
        return read;
    }

    private protected override void WriteBody(MessageWriter writer)
    {
        writer.WriteUInt32BigEndian(AttributeSource, (uint)Source);
        writer.WriteUInt32BigEndian(AttributeOperator, (uint)Operator);
        DataAttribute.Write(writer, AttributeData, Value.Span);
    }
}

/// <summary>linux/netfilter/nf_tables.h, <c>enum nft_cmp_ops</c>; <c>enum nft_range_ops</c> are the first two.</summary>
public enum CompareOperator : uint
{
    Equal = 0,
    NotEqual = 1,
    Less = 2,
    LessOrEqual = 3,
    Greater = 4,
    GreaterOrEqual = 5,
}

/// <summary>Ends the rule unless a register lies in a range, ends included (linux/netfilter/nf_tables.h, <c>enum nft_range_attributes</c>).</summary>
/// <param name="Source">What is compared.</param>
/// <param name="Inverted">Matches what lies outside.</param>
/// <param name="First">The lowest value.</param>
/// <param name="Last">The highest value.</param>
public sealed record RangeExpression(Register Source, bool Inverted, RegisterValue First, RegisterValue Last) : Expression
{
    internal const string KernelName = "range";
    private const ushort AttributeSource = 1;
    private const ushort AttributeOperator = 2;
    private const ushort AttributeFirst = 3;
    private const ushort AttributeLast = 4;

    public override string TypeName => KernelName;

    internal static RangeExpression ReadBody(AttributeReader attributes)
    {
        var read = new RangeExpression(default, false, default, default);
        while (attributes.Next())
        {
            read = attributes.Type switch
            {
                AttributeSource => read with { Source = (Register)attributes.ReadUInt32BigEndian() },
                AttributeOperator => read with { Inverted = attributes.ReadUInt32BigEndian() == (uint)CompareOperator.NotEqual },
                AttributeFirst => read with { First = new(DataAttribute.ReadValue(attributes.Nested)) },
                AttributeLast => read with { Last = new(DataAttribute.ReadValue(attributes.Nested)) },
                _ => read,
            };
        }
        return read;
    }

    private protected override void WriteBody(MessageWriter writer)
    {
        writer.WriteUInt32BigEndian(AttributeSource, (uint)Source);
        writer.WriteUInt32BigEndian(AttributeOperator, (uint)(Inverted ? CompareOperator.NotEqual : CompareOperator.Equal));
        DataAttribute.Write(writer, AttributeFirst, First.Span);
        DataAttribute.Write(writer, AttributeLast, Last.Span);
    }
}

/// <summary>
/// <c>destination = (source &amp; mask) ^ xor</c> (linux/netfilter/nf_tables.h, <c>enum nft_bitwise_attributes</c>, NFT_BITWISE_MASK_XOR, which is what no operation means).
/// </summary>
/// <param name="Source">What is read.</param>
/// <param name="Destination">What is written.</param>
/// <param name="Mask">As long as the value.</param>
/// <param name="Xor">As long as <paramref name="Mask"/>.</param>
public sealed record BitwiseExpression(Register Source, Register Destination, RegisterValue Mask, RegisterValue Xor) : Expression
{
    internal const string KernelName = "bitwise";
    private const ushort AttributeSource = 1;
    private const ushort AttributeDestination = 2;
    private const ushort AttributeLength = 3;
    private const ushort AttributeMask = 4;
    private const ushort AttributeXor = 5;

    public override string TypeName => KernelName;

    /// <summary>Not a shift, nor an operation of two registers.</summary>
    internal static bool IsMask(AttributeReader attributes) => Has(attributes, AttributeMask);

    internal static BitwiseExpression ReadBody(AttributeReader attributes)
    {
        var read = new BitwiseExpression(default, default, default, default);
        while (attributes.Next())
        {
            read = attributes.Type switch
            {
                AttributeSource => read with { Source = (Register)attributes.ReadUInt32BigEndian() },
                AttributeDestination => read with { Destination = (Register)attributes.ReadUInt32BigEndian() },
                AttributeMask => read with { Mask = new(DataAttribute.ReadValue(attributes.Nested)) },
                AttributeXor => read with { Xor = new(DataAttribute.ReadValue(attributes.Nested)) },
                _ => read,
            };
        }
        return read;
    }

    private protected override void WriteBody(MessageWriter writer)
    {
        writer.WriteUInt32BigEndian(AttributeSource, (uint)Source);
        writer.WriteUInt32BigEndian(AttributeDestination, (uint)Destination);
        writer.WriteInt32BigEndian(AttributeLength, Mask.Length);
        DataAttribute.Write(writer, AttributeMask, Mask.Span);
        DataAttribute.Write(writer, AttributeXor, Xor.Span);
    }
}

/// <summary>Swaps bytes between host and network order (linux/netfilter/nf_tables.h, <c>enum nft_byteorder_attributes</c>).</summary>
/// <param name="Source">What is read.</param>
/// <param name="Destination">What is written.</param>
/// <param name="ToNetwork">Whether it converts from host to network order; if not, the other way.</param>
/// <param name="Length">Bytes in all.</param>
/// <param name="Size">Bytes of one number: 2, 4 or 8.</param>
public sealed record ByteOrderExpression(Register Source, Register Destination, bool ToNetwork, uint Length, uint Size) : Expression
{
    internal const string KernelName = "byteorder";
    private const ushort AttributeSource = 1;
    private const ushort AttributeDestination = 2;
    private const ushort AttributeOperation = 3;
    private const ushort AttributeLength = 4;
    private const ushort AttributeSize = 5;

    public override string TypeName => KernelName;

    internal static ByteOrderExpression ReadBody(AttributeReader attributes)
    {
        var read = new ByteOrderExpression(default, default, false, 0, 0);
        while (attributes.Next())
        {
            read = attributes.Type switch
            {
                AttributeSource => read with { Source = (Register)attributes.ReadUInt32BigEndian() },
                AttributeDestination => read with { Destination = (Register)attributes.ReadUInt32BigEndian() },
                AttributeOperation => read with { ToNetwork = attributes.ReadUInt32BigEndian() == 1 },
                AttributeLength => read with { Length = attributes.ReadUInt32BigEndian() },
                AttributeSize => read with { Size = attributes.ReadUInt32BigEndian() },
                _ => read,
            };
        }
        return read;
    }

    private protected override void WriteBody(MessageWriter writer)
    {
        writer.WriteUInt32BigEndian(AttributeSource, (uint)Source);
        writer.WriteUInt32BigEndian(AttributeDestination, (uint)Destination);
        writer.WriteUInt32BigEndian(AttributeOperation, ToNetwork ? 1u : 0u);
        writer.WriteUInt32BigEndian(AttributeLength, Length);
        writer.WriteUInt32BigEndian(AttributeSize, Size);
    }
}

/// <summary>Looks a register up in a set or a map (linux/netfilter/nf_tables.h, <c>enum nft_lookup_attributes</c>).</summary>
/// <param name="Set">The set's name; it may come in the same batch.</param>
/// <param name="Source">Where the key begins.</param>
/// <param name="Destination">Where a map's datum goes, <see cref="Register.Verdict"/> for verdicts; null for a set.</param>
/// <param name="Inverted">Of a set: matches what is not in it.</param>
public sealed record LookupExpression(string Set, Register Source, Register? Destination = null, bool Inverted = false) : Expression
{
    internal const string KernelName = "lookup";
    private const ushort AttributeSet = 1;
    private const ushort AttributeSource = 2;
    private const ushort AttributeDestination = 3;
    private const ushort AttributeFlags = 5;
    private const uint FlagInverted = 1;

    public override string TypeName => KernelName;

    internal static LookupExpression ReadBody(AttributeReader attributes)
    {
        var read = new LookupExpression("", default);
        while (attributes.Next())
        {
            read = attributes.Type switch
            {
                AttributeSet => read with { Set = attributes.ReadString() },
                AttributeSource => read with { Source = (Register)attributes.ReadUInt32BigEndian() },
                AttributeDestination => read with { Destination = (Register)attributes.ReadUInt32BigEndian() },
                AttributeFlags => read with { Inverted = (attributes.ReadUInt32BigEndian() & FlagInverted) != 0 },
                _ => read,
            };
        }
        return read;
    }

    private protected override void WriteBody(MessageWriter writer)
    {
        writer.WriteUInt32BigEndian(AttributeSource, (uint)Source);
        if (Destination is { } destination)
            writer.WriteUInt32BigEndian(AttributeDestination, (uint)destination);
        writer.WriteString(AttributeSet, Set);
        if (Inverted)
            writer.WriteUInt32BigEndian(AttributeFlags, FlagInverted);
    }
}
