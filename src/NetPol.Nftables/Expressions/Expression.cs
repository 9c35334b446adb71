using NetPol.Netlink;

namespace NetPol.Nftables.Expressions;

/// <summary>
/// One step of a rule (linux/netfilter/nf_tables.h, <c>enum nft_expr_attributes</c>): the kernel's name for its kind, and attributes of that kind.
/// Two are equal when they do the same.
/// </summary>
public abstract record Expression
{
    private const ushort AttributeListElement = 1;
    private const ushort AttributeName = 1;
    private const ushort AttributeData = 2;

    /// <summary>The kernel's name for the kind.</summary>
    public abstract string TypeName { get; }

    internal static IReadOnlyList<Expression> ReadList(AttributeReader elements)
    {
        var list = new List<Expression>();
        while (elements.Next())
            list.Add(Read(elements.Nested));
        return list;
    }

    internal void Write(MessageWriter writer)
    {
        var element = writer.BeginNested(AttributeListElement);
        writer.WriteString(AttributeName, TypeName);
        var data = writer.BeginNested(AttributeData);
        WriteBody(writer);
        writer.EndNested(data);
        writer.EndNested(element);
    }

    private protected abstract void WriteBody(MessageWriter writer);

    private static Expression Read(AttributeReader attributes)
    {
        var kind = "";
        ReadOnlySpan<byte> data = [];
        while (attributes.Next())
        {
            if (attributes.Type == AttributeName)
                kind = attributes.ReadString();
            else if (attributes.Type == AttributeData)
                data = attributes.Value;
        }
        var body = new AttributeReader(data);
        return kind switch
        {
            ImmediateExpression.KernelName => ImmediateExpression.ReadBody(body),
            LookupExpression.KernelName => LookupExpression.ReadBody(body),
            PayloadExpression.KernelName when !PayloadExpression.IsWrite(body) => PayloadExpression.ReadBody(body),
            MetaExpression.KernelName when !MetaExpression.IsWrite(body) => MetaExpression.ReadBody(body),
            ConntrackExpression.KernelName when !ConntrackExpression.IsWrite(body) => ConntrackExpression.ReadBody(body),
            CompareExpression.KernelName => CompareExpression.ReadBody(body),
            RangeExpression.KernelName => RangeExpression.ReadBody(body),
            BitwiseExpression.KernelName when BitwiseExpression.IsMask(body) => BitwiseExpression.ReadBody(body),
            ByteOrderExpression.KernelName => ByteOrderExpression.ReadBody(body),
            FibExpression.KernelName => FibExpression.ReadBody(body),
            HeaderExtensionExpression.KernelName when HeaderExtensionExpression.IsRead(body) => HeaderExtensionExpression.ReadBody(body),
            CounterExpression.KernelName => CounterExpression.ReadBody(body),
            ObjectReferenceExpression.KernelName when ObjectReferenceExpression.IsByName(body) => ObjectReferenceExpression.ReadBody(body),
            LogExpression.KernelName => LogExpression.ReadBody(body),
            LimitExpression.KernelName => LimitExpression.ReadBody(body),
            _ => new UnknownExpression(kind, new(data)),
        };
    }

    /// <summary>Whether an attribute is there.</summary>
    private protected static bool Has(AttributeReader attributes, int type)
    {
        while (attributes.Next())
        {
            if (attributes.Type == type)
                return true;
        }
        return false;
    }
}

/// <summary>A step that is not understood here, kept as it is: someone else's rule.</summary>
/// <param name="Name">The kernel's name for its kind.</param>
/// <param name="Data">Its attributes.</param>
public sealed record UnknownExpression(string Name, RegisterValue Data) : Expression
{
    public override string TypeName => Name;

    private protected override void WriteBody(MessageWriter writer) => writer.WriteRaw(Data.Span);
}

/// <summary>
/// Where expressions leave values for each other (linux/netfilter/nf_tables.h, <c>enum nft_registers</c>). The four registers of 16 bytes
/// and the sixteen of 4 bytes are the same memory: <see cref="R32N00"/> is the start of <see cref="R1"/>.
/// </summary>
public enum Register : uint
{
    Verdict = 0,
    R1 = 1,
    R2 = 2,
    R3 = 3,
    R4 = 4,
    R32N00 = 8,
    R32N01 = 9,
    R32N02 = 10,
    R32N03 = 11,
    R32N04 = 12,
    R32N05 = 13,
    R32N06 = 14,
    R32N07 = 15,
    R32N08 = 16,
    R32N09 = 17,
    R32N10 = 18,
    R32N11 = 19,
    R32N12 = 20,
    R32N13 = 21,
    R32N14 = 22,
    R32N15 = 23,
}

/// <summary>
/// A few bytes, as they stand in a register: keys, constants, masks. Equal when the bytes are. At most 64 in what the kernel takes
/// (linux/netfilter/nf_tables.h, NFT_DATA_VALUE_MAXLEN). <c>default</c> has none.
/// </summary>
public readonly struct RegisterValue : IEquatable<RegisterValue>
{
    private readonly byte[]? _bytes;

    /// <param name="bytes">Copied.</param>
    public RegisterValue(ReadOnlySpan<byte> bytes) => _bytes = bytes.ToArray();

    public ReadOnlySpan<byte> Span => _bytes;

    public int Length => _bytes?.Length ?? 0;

    public static bool operator ==(RegisterValue left, RegisterValue right) => left.Equals(right);

    public static bool operator !=(RegisterValue left, RegisterValue right) => !left.Equals(right);

    public bool Equals(RegisterValue other) => Span.SequenceEqual(other.Span);

    public override bool Equals(object? obj) => obj is RegisterValue other && Equals(other);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(Span);
        return hash.ToHashCode();
    }

    /// <summary>Hexadecimal, lower case, <c>0x</c> in front.</summary>
    public override string ToString() => "0x" + Convert.ToHexStringLower(Span);
}
