using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace NetPol.Netlink;

/// <summary>
/// Builds one or more messages, one after the other, in a buffer that grows. Messages and nests are begun and ended with tokens,
/// the inner before the outer. Everything is padded to four bytes, as linux/netlink.h wants it.
/// Not for use by two threads at once.
/// </summary>
public sealed class MessageWriter
{
    /// <summary>The most bytes an attribute can have, its header of four included: the length is 16 bits.</summary>
    public const int MaxAttribute = ushort.MaxValue;

    private const int AttributeHeader = 4;
    internal const ushort NestedFlag = 0x8000;
    private byte[] _buffer;

    /// <param name="capacity">Bytes to start with.</param>
    public MessageWriter(int capacity = 4096) => _buffer = new byte[capacity];

    /// <summary>Bytes written.</summary>
    public int Length { get; private set; }

    /// <summary>The written bytes, valid until the next write.</summary>
    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, Length);

    public Span<byte> Mutable => _buffer.AsSpan(0, Length);

    /// <summary>Forgets everything and keeps the buffer.</summary>
    public void Clear() => Length = 0;

    /// <summary>Forgets what was written after the first <paramref name="length"/> bytes.</summary>
    public void Truncate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)length, (uint)Length, nameof(length));
        Length = length;
    }

    public MessageToken BeginMessage(ushort type, MessageFlags flags, uint sequence)
    {
        var offset = Length;
        var header = Reserve(MessageHeader.Size);
        MemoryMarshal.Write(header[4..], type);
        MemoryMarshal.Write(header[6..], (ushort)flags);
        MemoryMarshal.Write(header[8..], sequence);
        header[12..].Clear();
        return new(offset);
    }

    /// <summary>Fills in the length.</summary>
    public void EndMessage(MessageToken message) => MemoryMarshal.Write(_buffer.AsSpan(message.Offset), Length - message.Offset);

    /// <summary>Adds flags to a message that stands at <paramref name="message"/>, ended or not.</summary>
    public void AddFlags(MessageToken message, MessageFlags flags)
    {
        var at = _buffer.AsSpan(message.Offset + 6, 2);
        MemoryMarshal.Write(at, (ushort)(MemoryMarshal.Read<ushort>(at) | (ushort)flags));
    }

    /// <summary>Begins an attribute that holds attributes; it carries NLA_F_NESTED.</summary>
    public AttributeToken BeginNested(ushort type)
    {
        var offset = Length;
        var header = Reserve(AttributeHeader);
        MemoryMarshal.Write(header[2..], (ushort)(type | NestedFlag));
        return new(offset);
    }

    /// <summary>Fills in the length.</summary>
    /// <exception cref="InvalidOperationException">The nest has grown over <see cref="MaxAttribute"/>.</exception>
    public void EndNested(AttributeToken nest)
    {
        var length = Length - nest.Offset;
        if (length > MaxAttribute)
            throw new InvalidOperationException($"a nest of attributes has {length} bytes; the limit is {MaxAttribute}");
        MemoryMarshal.Write(_buffer.AsSpan(nest.Offset), (ushort)length);
    }

    /// <summary>An attribute of these bytes.</summary>
    public void Write(ushort type, ReadOnlySpan<byte> value) => value.CopyTo(Attribute(type, value.Length));

    /// <summary>An attribute without a value: its presence says it all.</summary>
    public void WriteFlag(ushort type) => Attribute(type, 0);

    public void WriteByte(ushort type, byte value) => Attribute(type, 1)[0] = value;

    /// <summary>Host byte order.</summary>
    public void WriteUInt16(ushort type, ushort value) => MemoryMarshal.Write(Attribute(type, 2), value);

    /// <summary>Host byte order.</summary>
    public void WriteUInt32(ushort type, uint value) => MemoryMarshal.Write(Attribute(type, 4), value);

    public void WriteUInt16BigEndian(ushort type, ushort value) => BinaryPrimitives.WriteUInt16BigEndian(Attribute(type, 2), value);

    public void WriteUInt32BigEndian(ushort type, uint value) => BinaryPrimitives.WriteUInt32BigEndian(Attribute(type, 4), value);

    public void WriteInt32BigEndian(ushort type, int value) => BinaryPrimitives.WriteInt32BigEndian(Attribute(type, 4), value);

    public void WriteUInt64BigEndian(ushort type, ulong value) => BinaryPrimitives.WriteUInt64BigEndian(Attribute(type, 8), value);

    /// <summary>UTF-8 with a zero byte at the end.</summary>
    public void WriteString(ushort type, string value)
    {
        var size = Encoding.UTF8.GetByteCount(value);
        var bytes = Attribute(type, size + 1);
        Encoding.UTF8.GetBytes(value, bytes);
        bytes[size] = 0;
    }

    /// <summary>Bytes outside of any attribute, padded to four: the fixed part after a message header.</summary>
    public void WriteRaw(ReadOnlySpan<byte> bytes)
    {
        var room = Reserve(Align(bytes.Length));
        bytes.CopyTo(room);
        room[bytes.Length..].Clear();
    }

    public static int Align(int length) => (length + 3) & ~3;

    internal static long Align(long length) => (length + 3) & ~3L;

    private Span<byte> Attribute(ushort type, int size)
    {
        var length = AttributeHeader + size;
        if (length > MaxAttribute)
            throw new InvalidOperationException($"attribute {type} has {length} bytes; the limit is {MaxAttribute}");
        var room = Reserve(Align(length));
        MemoryMarshal.Write(room, (ushort)length);
        MemoryMarshal.Write(room[2..], type);
        room[length..].Clear();
        return room[AttributeHeader..length];
    }

    private Span<byte> Reserve(int size)
    {
        var offset = Length;
        if (_buffer.Length - offset < size)
            Grow(size);
        Length = offset + size;
        return MemoryMarshal.CreateSpan(ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_buffer), offset), size);
    }

    private void Grow(int size)
    {
        var bigger = new byte[Math.Max(checked(Length + size), (int)Math.Min(2L * _buffer.Length, Array.MaxLength))];
        Written.CopyTo(bigger);
        _buffer = bigger;
    }
}

/// <summary>A nest of attributes that was begun and not yet ended, see <see cref="MessageWriter.BeginNested"/>.</summary>
/// <param name="Offset">Where its header stands in the buffer.</param>
public readonly record struct AttributeToken(int Offset);

/// <summary>A message that was begun and not yet ended, see <see cref="MessageWriter.BeginMessage"/>.</summary>
/// <param name="Offset">Where its header stands in the buffer.</param>
public readonly record struct MessageToken(int Offset);
