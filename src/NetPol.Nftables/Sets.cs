using System.Buffers.Binary;

namespace NetPol.Nftables;

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

    /// <summary>Whether elements leave by themselves after a time. They are nobody's wanted state: they are not compared.</summary>
    public bool HasTimeouts { get; init; }

    /// <summary>The most elements that the set takes; 0 for no limit. A transaction that adds more fails with ENFILE. Elements whose time is over count until the kernel collects them, within seconds.</summary>
    public uint Size { get; init; }

    /// <summary>Found in the kernel: of a kind, or with elements of a kind, that is not written here. Its key means nothing and it has no elements here.</summary>
    public bool IsForeign { get; init; }

    /// <summary>For people, at most <see cref="CommentText.MaxBytes"/> bytes; null for none. Fixed when the set is created.</summary>
    public string? Comment { get; init; }

    /// <summary>Whether packets are judged alike by both, elements apart: all but the comment.</summary>
    public bool WorksLike(Set other) => this with { Comment = null } == other with { Comment = null };
}

/// <summary>A set and what is in it.</summary>
public sealed record SetState(Set Set, ElementList Elements);
