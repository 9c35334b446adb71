using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;

namespace NetPol.Netlink;

/// <summary>
/// Walks attributes (linux/netlink.h, <c>struct nlattr</c>): 16-bit length, 16-bit type, value, padding to four bytes.
/// Trusts nothing: whatever does not fit ends in <see cref="NetlinkFormatException"/>.
/// </summary>
public ref struct AttributeReader
{
    private const int TypeMask = 0x3fff;
    private ReadOnlySpan<byte> _rest;

    /// <param name="bytes">Attributes one after the other; may be empty.</param>
    public AttributeReader(ReadOnlySpan<byte> bytes) => _rest = bytes;

    /// <summary>The attribute's type without the flags NLA_F_NESTED and NLA_F_NET_BYTEORDER.</summary>
    public int Type { get; private set; }

    /// <summary>Whether NLA_F_NESTED says that attributes are inside; not every sender says so.</summary>
    public bool IsNested { get; private set; }

    /// <summary>The value without padding.</summary>
    public ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>A reader of the attributes inside of this one.</summary>
    public readonly AttributeReader Nested => new(Value);

    /// <summary>A reader that skips <paramref name="header"/> bytes of <paramref name="payload"/>, the fixed part of a message.</summary>
    /// <exception cref="NetlinkFormatException">The payload is shorter than that.</exception>
    public static AttributeReader After(int header, ReadOnlySpan<byte> payload) =>
        payload.Length >= header
            ? new(payload[header..])
            : throw new NetlinkFormatException($"the fixed part of a message needs {header} bytes, {payload.Length} are left");

    /// <summary>Advances to the next attribute; returns false at the end.</summary>
    /// <exception cref="NetlinkFormatException">The attribute is shorter than its header or longer than what is left.</exception>
    public bool Next()
    {
        if (_rest.IsEmpty)
            return false;
        if (_rest.Length < 4)
            throw new NetlinkFormatException($"an attribute header needs 4 bytes, {_rest.Length} are left");
        var length = MemoryMarshal.Read<ushort>(_rest);
        if (length < 4 || length > _rest.Length)
            throw new NetlinkFormatException($"an attribute says it has {length} bytes, {_rest.Length} are left");
        var type = MemoryMarshal.Read<ushort>(_rest[2..]);
        Type = type & TypeMask;
        IsNested = (type & MessageWriter.NestedFlag) != 0;
        Value = _rest[4..length];
        _rest = _rest[Math.Min(MessageWriter.Align((int)length), _rest.Length)..];
        return true;
    }

    public readonly byte ReadByte() => Sized(1)[0];

    /// <summary>Host byte order.</summary>
    public readonly ushort ReadUInt16() => MemoryMarshal.Read<ushort>(Sized(2));

    /// <summary>Host byte order.</summary>
    public readonly uint ReadUInt32() => MemoryMarshal.Read<uint>(Sized(4));

    /// <summary>Host byte order.</summary>
    public readonly int ReadInt32() => MemoryMarshal.Read<int>(Sized(4));

    public readonly ushort ReadUInt16BigEndian() => BinaryPrimitives.ReadUInt16BigEndian(Sized(2));

    public readonly uint ReadUInt32BigEndian() => BinaryPrimitives.ReadUInt32BigEndian(Sized(4));

    public readonly int ReadInt32BigEndian() => BinaryPrimitives.ReadInt32BigEndian(Sized(4));

    public readonly ulong ReadUInt64BigEndian() => BinaryPrimitives.ReadUInt64BigEndian(Sized(8));

    /// <summary>An IP address of 4 or 16 bytes.</summary>
    public readonly IPAddress ReadAddress() =>
        Value.Length is 4 or 16 ? new(Value) : throw new NetlinkFormatException($"attribute {Type} is an address of {Value.Length} bytes");

    /// <summary>UTF-8 up to the first zero byte, or to the end when there is none. Bytes that are no UTF-8 become U+FFFD.</summary>
    public readonly string ReadString() => Encoding.UTF8.GetString(ReadStringBytes());

    /// <summary>The bytes up to the first zero byte, or all when there is none.</summary>
    public readonly ReadOnlySpan<byte> ReadStringBytes()
    {
        var end = Value.IndexOf((byte)0);
        return end < 0 ? Value : Value[..end];
    }

    private readonly ReadOnlySpan<byte> Sized(int size) =>
        Value.Length == size ? Value : throw new NetlinkFormatException($"attribute {Type} needs {size} bytes, it has {Value.Length}");
}
