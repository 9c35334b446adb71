using System.Runtime.InteropServices;
using System.Text;
using NetPol.Netlink;

namespace NetPol.Nftables;

/// <summary>
/// The notes that nft keeps with objects and the kernel only stores: type, length, value, one byte each for the first two;
/// at most 256 bytes (linux/netfilter/nf_tables.h, NFT_USERDATA_MAXLEN).
/// </summary>
internal static class UserData
{
    /// <summary>The comment of a table, chain, rule, object or element.</summary>
    public const byte Comment = 0;

    /// <summary>Of an element: host-order flags; 1 says that the interval has no end.</summary>
    public const byte ElementFlags = 1;

    /// <summary>Of an object: a note of ours, of a type that nft does not know and passes over.</summary>
    public const byte ObjectTag = 128;

    public const byte SetKeyByteOrder = 0;
    public const byte SetDataByteOrder = 1;
    public const byte SetDataInterval = 6;
    public const byte SetComment = 7;
    private const int MaxLength = 256;

    /// <summary>Writes an attribute that holds only a comment; nothing when it is null.</summary>
    public static void WriteComment(MessageWriter writer, ushort attribute, string? comment) => WriteNotes(writer, attribute, (Comment, comment));

    /// <summary>Writes an attribute of strings, those apart that are null; nothing when all are.</summary>
    /// <exception cref="ArgumentException">The notes would be too long.</exception>
    public static void WriteNotes(MessageWriter writer, ushort attribute, params ReadOnlySpan<(byte Type, string? Text)> notes)
    {
        Span<byte> room = stackalloc byte[MaxLength];
        var length = 0;
        foreach (var (type, text) in notes)
        {
            if (text is not null)
                length = WriteString(room, length, type, text);
        }
        if (length > 0)
            writer.Write(attribute, room[..length]);
    }

    /// <summary>Puts a zero-terminated string at <paramref name="at"/> and returns where it ends.</summary>
    /// <exception cref="ArgumentException">The notes would be too long.</exception>
    public static int WriteString(Span<byte> room, int at, byte type, string text)
    {
        var size = Encoding.UTF8.GetByteCount(text) + 1;
        if (at + 2 + size > room.Length || size > byte.MaxValue)
            throw new ArgumentException($"a note of {size} bytes is too long: \"{text}\"", nameof(text));
        room[at] = type;
        room[at + 1] = (byte)size;
        Encoding.UTF8.GetBytes(text, room[(at + 2)..]);
        room[at + 1 + size] = 0;
        return at + 2 + size;
    }

    public static int WriteUInt32(Span<byte> room, int at, byte type, uint value)
    {
        room[at] = type;
        room[at + 1] = sizeof(uint);
        MemoryMarshal.Write(room[(at + 2)..], value);
        return at + 2 + sizeof(uint);
    }

    /// <summary>The comment or another string, or null when there is none. Anyone may write anything there, so what is not understood is passed over.</summary>
    public static string? ReadString(ReadOnlySpan<byte> notes, byte type = Comment) =>
        TryFind(notes, type, out var value) ? Encoding.UTF8.GetString(value.TrimEnd((byte)0)) : null;

    public static uint ReadUInt32(ReadOnlySpan<byte> notes, byte type) =>
        TryFind(notes, type, out var value) && value.Length == sizeof(uint) ? MemoryMarshal.Read<uint>(value) : 0;

    private static bool TryFind(ReadOnlySpan<byte> notes, byte type, out ReadOnlySpan<byte> value)
    {
        while (notes.Length >= 2 && notes[1] + 2 <= notes.Length)
        {
            value = notes.Slice(2, notes[1]);
            if (notes[0] == type)
                return true;
            notes = notes[(2 + notes[1])..];
        }
        value = [];
        return false;
    }
}

/// <summary>Data is a value or a verdict (linux/netfilter/nf_tables.h, <c>enum nft_data_attributes</c>).</summary>
internal static class DataAttribute
{
    public const ushort AttributeValue = 1;
    public const ushort AttributeVerdict = 2;

    public static void Write(MessageWriter writer, ushort type, ReadOnlySpan<byte> value)
    {
        var nest = writer.BeginNested(type);
        writer.Write(AttributeValue, value);
        writer.EndNested(nest);
    }

    public static void Write(MessageWriter writer, ushort type, PacketVerdict verdict)
    {
        var nest = writer.BeginNested(type);
        verdict.Write(writer, AttributeVerdict);
        writer.EndNested(nest);
    }

    /// <summary>The verdict in a nest; none when the nest holds none.</summary>
    public static PacketVerdict ReadVerdict(AttributeReader attributes)
    {
        PacketVerdict verdict = default;
        while (attributes.Next())
        {
            if (attributes.Type == AttributeVerdict)
                verdict = PacketVerdict.Read(attributes.Nested);
        }
        return verdict;
    }

    /// <summary>The value in a nest; empty when the nest holds none.</summary>
    public static ReadOnlySpan<byte> ReadValue(AttributeReader attributes)
    {
        while (attributes.Next())
        {
            if (attributes.Type == AttributeValue)
                return attributes.Value;
        }
        return [];
    }
}
