using System.Buffers.Binary;

namespace NetPol.Nftables;

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
