using System.Buffers.Binary;
using NetPol.Netlink;

namespace NetPol.Nftables;

/// <summary>The messages of a set or a map, without its elements (linux/netfilter/nf_tables.h, <c>enum nft_set_attributes</c>).</summary>
internal static class SetMessage
{
    public const ushort AttributeTable = 1;
    public const ushort AttributeName = 2;
    private const ushort AttributeFlags = 3;
    private const ushort AttributeKeyType = 4;
    private const ushort AttributeKeyLength = 5;
    private const ushort AttributeDataType = 6;
    private const ushort AttributeDataLength = 7;
    private const ushort AttributeDescription = 9;
    private const ushort AttributeId = 10;
    private const ushort AttributeUserData = 13;
    private const ushort AttributeExpression = 17;
    private const ushort AttributeExpressions = 18;

    // enum nft_set_desc_attributes, nft_list_attributes and nft_set_field_attributes.
    private const ushort AttributeSize = 1;
    private const ushort AttributeConcat = 2;
    private const ushort AttributeListElement = 1;
    private const ushort AttributeFieldLength = 1;

    /// <summary>The type of a map's data when it is verdicts (linux/netfilter/nf_tables.h, NFT_DATA_VERDICT).</summary>
    private const uint VerdictData = 0xffffff00;

    /// <summary>The length of a verdict in a map, as nft sends it. The kernel ignores it.</summary>
    private const int VerdictLength = 0;

    /// <returns>The set's table and the set; no set when it has no name of its own and goes with the rule that looks it up.</returns>
    /// <exception cref="NetlinkFormatException">The payload is no set.</exception>
    public static (string Table, Set? Set) Read(ReadOnlySpan<byte> payload)
    {
        string table = "", name = "";
        string? comment = null;
        var flags = SetFlags.None;
        uint keyType = 0, dataType = 0, size = 0;
        var keyLength = 0;
        var hasExpressions = false;
        var attributes = AttributeReader.After(NetfilterHeader.Size, payload);
        while (attributes.Next())
        {
            switch (attributes.Type)
            {
                case AttributeTable:
                    table = attributes.ReadString();
                    break;
                case AttributeName:
                    name = attributes.ReadString();
                    break;
                case AttributeFlags:
                    flags = (SetFlags)attributes.ReadUInt32BigEndian();
                    break;
                case AttributeKeyType:
                    keyType = attributes.ReadUInt32BigEndian();
                    break;
                case AttributeKeyLength:
                    keyLength = attributes.ReadInt32BigEndian();
                    break;
                case AttributeDataType:
                    dataType = attributes.ReadUInt32BigEndian();
                    break;
                case AttributeDescription:
                    size = ReadSize(attributes.Nested);
                    break;
                case AttributeExpression or AttributeExpressions:
                    // Elements are made with expressions, such as a limit, that run when they are found.
                    hasExpressions = true;
                    break;
                case AttributeUserData:
                    comment = UserData.ReadString(attributes.Value, UserData.SetComment);
                    break;
            }
        }
        if (flags.HasFlag(SetFlags.Anonymous))
            return (table, null);
        var key = KeyDataTypes.KeyOf(keyType);
        var set = new Set
        {
            Name = name,
            Key = key ?? default,
            IsVerdictMap = flags.HasFlag(SetFlags.Map),
            IsInterval = flags.HasFlag(SetFlags.Interval),
            HasTimeouts = flags.HasFlag(SetFlags.Timeout),
            Size = size,
            Comment = comment,
        };
        var isOurs = key is { } known && !hasExpressions && (flags, keyLength, dataType) == (FlagsOf(set), known.Length, set.IsVerdictMap ? VerdictData : 0);
        return (table, set with { IsForeign = !isOurs });
    }

    public static void WriteName(MessageWriter writer, string table, string name)
    {
        writer.WriteString(AttributeTable, table);
        writer.WriteString(AttributeName, name);
    }

    /// <param name="writer">Where to.</param>
    /// <param name="table">The set's table.</param>
    /// <param name="set">The set.</param>
    /// <param name="id">Its number among the sets of the batch.</param>
    public static void Write(MessageWriter writer, string table, Set set, uint id)
    {
        WriteName(writer, table, set.Name);
        writer.WriteUInt32BigEndian(AttributeFlags, (uint)FlagsOf(set));
        writer.WriteUInt32BigEndian(AttributeKeyType, KeyDataTypes.Of(set.Key));
        writer.WriteInt32BigEndian(AttributeKeyLength, set.Key.Length);
        if (set.IsVerdictMap)
        {
            writer.WriteUInt32BigEndian(AttributeDataType, VerdictData);
            writer.WriteInt32BigEndian(AttributeDataLength, VerdictLength);
        }
        writer.WriteUInt32BigEndian(AttributeId, id);
        WriteDescription(writer, set);
        WriteUserData(writer, set);
    }

    private static SetFlags FlagsOf(Set set) =>
        (set.IsVerdictMap ? SetFlags.Map : SetFlags.None) | (set.IsInterval ? SetFlags.Interval : SetFlags.None) |
        (set.HasTimeouts ? SetFlags.Timeout : SetFlags.None) | (HasFields(set) ? SetFlags.Concat : SetFlags.None);

    /// <summary>Whether the kernel needs the lengths of the fields of a concatenation: only for ranges.</summary>
    private static bool HasFields(Set set) => set is { IsInterval: true, Key.Second: not null };

    /// <summary>Writes nothing when there is no size and no field.</summary>
    private static void WriteDescription(MessageWriter writer, Set set)
    {
        if (set.Size == 0 && !HasFields(set))
            return;
        var description = writer.BeginNested(AttributeDescription);
        if (set.Size != 0)
            writer.WriteUInt32BigEndian(AttributeSize, set.Size);
        if (HasFields(set))
        {
            var fields = writer.BeginNested(AttributeConcat);
            WriteField(writer, set.Key.First);
            WriteField(writer, set.Key.Second!.Value);
            writer.EndNested(fields);
        }
        writer.EndNested(description);
    }

    private static void WriteField(MessageWriter writer, KeyField field)
    {
        var nest = writer.BeginNested(AttributeListElement);
        writer.WriteInt32BigEndian(AttributeFieldLength, KeyType.SizeOf(field));
        writer.EndNested(nest);
    }

    /// <summary>User data that nft needs to print keys and data.</summary>
    private static void WriteUserData(MessageWriter writer, Set set)
    {
        Span<byte> notes = stackalloc byte[256];
        var length = UserData.WriteUInt32(notes, 0, UserData.SetKeyByteOrder, (uint)ByteOrderOf(set.Key));
        if (set.IsVerdictMap)
        {
            length = UserData.WriteUInt32(notes, length, UserData.SetDataByteOrder, (uint)KeyByteOrder.None);
            length = UserData.WriteUInt32(notes, length, UserData.SetDataInterval, 0);
        }
        if (set.Comment is not null)
            length = UserData.WriteString(notes, length, UserData.SetComment, set.Comment);
        writer.Write(AttributeUserData, notes[..length]);
    }

    private static KeyByteOrder ByteOrderOf(KeyType key) => key switch
    {
        { Second: not null } or { IsFlow: true } => KeyByteOrder.None,
        { First: KeyField.InetProto or KeyField.NfProto or KeyField.IfaceIndex or KeyField.InterfaceName } => KeyByteOrder.Host,
        _ => KeyByteOrder.BigEndian,
    };

    private static uint ReadSize(AttributeReader description)
    {
        uint size = 0;
        while (description.Next())
        {
            if (description.Type == AttributeSize)
                size = description.ReadUInt32BigEndian();
        }
        return size;
    }
}

/// <summary>linux/netfilter/nf_tables.h, <c>enum nft_set_flags</c>.</summary>
[Flags]
internal enum SetFlags : uint
{
    None = 0,
    Anonymous = 0x1,
    Constant = 0x2,

    /// <summary>Holds ranges: of one field as a start and an end element, of a concatenation as an element with two keys.</summary>
    Interval = 0x4,

    Map = 0x8,
    Timeout = 0x10,
    Eval = 0x20,
    Object = 0x40,

    /// <summary>The key is a concatenation with separate field lengths, as ranges need.</summary>
    Concat = 0x80,

    Expressions = 0x100,
}

/// <summary>How nft shall read a key or a datum when it prints (nft's <c>enum byteorder</c>, kept in a set's user data).</summary>
internal enum KeyByteOrder : uint
{
    /// <summary>Concatenations, verdicts.</summary>
    None = 0,

    /// <summary>One-byte values too.</summary>
    Host = 1,

    /// <summary>Addresses, ports.</summary>
    BigEndian = 2,
}

/// <summary>
/// What the bytes of a set's key mean. The kernel stores the number and does not read it; nft prints by it. The numbers are nft's own
/// (its <c>enum datatypes</c>), fixed by what it stores.
/// </summary>
internal static class KeyDataTypes
{
    private const uint NfProto = 2;
    private const uint Ipv4Address = 7;
    private const uint Ipv6Address = 8;
    private const uint InetProto = 12;
    private const uint InetService = 13;
    private const uint InterfaceIndex = 20;
    private const uint InterfaceName = 41;

    private const int FieldBits = 6;
    private static readonly uint Ipv4Flow = Flow(Ipv4Address);
    private static readonly uint Ipv6Flow = Flow(Ipv6Address);

    public static uint Of(KeyType key) => key.Second is { } second ? Concat(Of(key.First), Of(second)) : Of(key.First);

    /// <summary>The key of a type; null when it is not written here.</summary>
    public static KeyType? KeyOf(uint type)
    {
        if (type == Ipv4Flow)
            return new(KeyField.Ipv4Flow);
        if (type == Ipv6Flow)
            return new(KeyField.Ipv6Flow);
        var (high, low) = (type >> FieldBits, type & ((1 << FieldBits) - 1));
        if (FieldOf(low) is not { } last)
            return null;
        if (high == 0)
            return new(last);
        return FieldOf(high) is { } first ? new KeyType(first, last) : null;
    }

    private static uint Of(KeyField field) => field switch
    {
        KeyField.Ipv4Addr => Ipv4Address,
        KeyField.Ipv6Addr => Ipv6Address,
        KeyField.IfaceIndex => InterfaceIndex,
        KeyField.InetProto => InetProto,
        KeyField.NfProto => NfProto,
        KeyField.InterfaceName => InterfaceName,
        KeyField.InetService => InetService,
        KeyField.Ipv4Flow => Ipv4Flow,
        KeyField.Ipv6Flow => Ipv6Flow,
        _ => throw new ArgumentOutOfRangeException(nameof(field)),
    };

    private static KeyField? FieldOf(uint type) => type switch
    {
        Ipv4Address => KeyField.Ipv4Addr,
        Ipv6Address => KeyField.Ipv6Addr,
        InterfaceIndex => KeyField.IfaceIndex,
        InetProto => KeyField.InetProto,
        NfProto => KeyField.NfProto,
        InterfaceName => KeyField.InterfaceName,
        InetService => KeyField.InetService,
        _ => null,
    };

    private static uint Flow(uint address) => Concat(address, address, InetProto, InetService, InetService);

    /// <summary>The type of a concatenation: six bits a field, the first field in the highest.</summary>
    private static uint Concat(params ReadOnlySpan<uint> fields)
    {
        uint type = 0;
        foreach (var field in fields)
            type = (type << FieldBits) | field;
        return type;
    }
}

/// <summary>The data types that a set's key is made of, named as nft names them.</summary>
public enum KeyField
{
    /// <summary><c>ipv4_addr</c>, 4 bytes.</summary>
    Ipv4Addr,

    /// <summary><c>ipv6_addr</c>, 16 bytes.</summary>
    Ipv6Addr,

    /// <summary><c>iface_index</c>, 4 bytes: alone in host order, in a concatenation of an interval set in network order.</summary>
    IfaceIndex,

    /// <summary><c>inet_proto</c>, 1 byte.</summary>
    InetProto,

    /// <summary><c>nf_proto</c>, 1 byte: one of <see cref="Nftables.NfProto"/>.</summary>
    NfProto,

    /// <summary><c>ifname</c>, 16 bytes: a name with zeros at the end.</summary>
    InterfaceName,

    /// <summary><c>inet_service</c>, 2 bytes.</summary>
    InetService,

    /// <summary>
    /// <c>ipv4_addr . ipv4_addr . inet_proto . inet_service . inet_service</c>, 20 bytes: source, destination, protocol and ports, a concatenation
    /// by itself.
    /// </summary>
    Ipv4Flow,

    /// <summary>The same with <c>ipv6_addr</c>, 44 bytes.</summary>
    Ipv6Flow,
}

/// <summary>The type of a set's key: one field, or a concatenation of two.</summary>
public readonly record struct KeyType(KeyField First, KeyField? Second = null)
{
    /// <summary>The key's length in bytes. Inside a concatenation every field takes a multiple of four.</summary>
    public int Length => Second is { } second ? Padded(First) + Padded(second) : SizeOf(First);

    /// <summary>The key of one field.</summary>
    public ElementKey Key(UInt128 value) => new(InKernelOrder(value) << (128 - (8 * SizeOf(First))), 0);

    /// <summary>The key of two fields.</summary>
    public ElementKey Key(UInt128 first, UInt128 second)
    {
        var (high, offset) = (first << (128 - (8 * SizeOf(First))), 8 * Padded(First));
        var aligned = second << (128 - (8 * SizeOf(Second!.Value)));
        return offset == 128 ? new(high, aligned) : new(high | (aligned >> offset), aligned << (128 - offset));
    }

    /// <summary>The numbers in the fields of a key; the second is 0 when there is one field.</summary>
    public (UInt128 First, UInt128 Second) Values(ElementKey key)
    {
        var first = key.High >> (128 - (8 * SizeOf(First)));
        if (Second is not { } second)
            return (InKernelOrder(first), 0);
        var offset = 8 * Padded(First);
        var aligned = offset == 128 ? key.Low : (key.High << offset) | (key.Low >> (128 - offset));
        return (first, aligned >> (128 - (8 * SizeOf(second))));
    }

    /// <summary>Whether the first field is a whole flow, the only one then.</summary>
    public bool IsFlow => First is KeyField.Ipv4Flow or KeyField.Ipv6Flow;

    /// <summary>As nft writes it: <c>inet_proto . inet_service</c>.</summary>
    public override string ToString() => Second is { } second ? $"{Name(First)} . {Name(second)}" : Name(First);

    // The index of an interface is the only number that the kernel compares in host order.
    private UInt128 InKernelOrder(UInt128 number) =>
        First == KeyField.IfaceIndex && BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness((uint)number) : number;

    internal static int SizeOf(KeyField field) => field switch
    {
        KeyField.Ipv4Addr or KeyField.IfaceIndex => 4,
        KeyField.Ipv6Addr or KeyField.InterfaceName => 16,
        KeyField.InetProto or KeyField.NfProto => 1,
        KeyField.InetService => 2,
        KeyField.Ipv4Flow => 20,
        KeyField.Ipv6Flow => 44,
        _ => throw new ArgumentOutOfRangeException(nameof(field)),
    };

    private static int Padded(KeyField field) => (SizeOf(field) + 3) / 4 * 4;

    private static string Name(KeyField field) => field switch
    {
        KeyField.Ipv4Addr => "ipv4_addr",
        KeyField.Ipv6Addr => "ipv6_addr",
        KeyField.IfaceIndex => "iface_index",
        KeyField.InetProto => "inet_proto",
        KeyField.NfProto => "nf_proto",
        KeyField.InterfaceName => "ifname",
        KeyField.InetService => "inet_service",
        KeyField.Ipv4Flow => "ipv4_addr . ipv4_addr . inet_proto . inet_service . inet_service",
        KeyField.Ipv6Flow => "ipv6_addr . ipv6_addr . inet_proto . inet_service . inet_service",
        _ => throw new ArgumentOutOfRangeException(nameof(field)),
    };
}

/// <summary>A named set, or a named verdict map, without its elements.</summary>
public sealed record Set
{
    public required string Name { get; init; }

    public required KeyType Key { get; init; }

    /// <summary>Whether elements carry verdicts: what nft calls a map of type verdict.</summary>
    public bool IsVerdictMap { get; init; }

    /// <summary>Whether an element can be a range. The ranges of one set must not overlap.</summary>
    public bool IsInterval { get; init; }

    /// <summary>Whether elements time out. Such elements are not wanted state: they are not compared.</summary>
    public bool HasTimeouts { get; init; }

    /// <summary>The most elements that the set takes; 0 for no limit. A transaction that adds more fails with ENFILE. Elements whose time is over count until the kernel collects them, within seconds.</summary>
    public uint Size { get; init; }

    /// <summary>Found in the kernel: of a kind, or with elements of a kind, that is not written here. Its key means nothing and it has no elements here.</summary>
    public bool IsForeign { get; init; }

    /// <summary>For people, at most <see cref="CommentText.MaxBytes"/> bytes; null for none. Fixed when the set is created.</summary>
    public string? Comment { get; init; }

    /// <summary>Whether both sets have the same effect on packets, elements apart. Ignores only the comment.</summary>
    public bool IsEquivalentTo(Set other) => this with { Comment = null } == other with { Comment = null };
}

/// <summary>A set and what is in it.</summary>
public sealed record SetState(Set Set, ElementList Elements);
