using NetPol.Netlink.NfTables;

namespace NetPol.Nftables.Kernel;

/// <summary>A set's type, from here to the kernel and back.</summary>
internal static class SetTypes
{
    private const int FieldBits = 6;
    private static readonly uint Ipv4Flow = Flow(NfDataTypes.Ipv4Address);
    private static readonly uint Ipv6Flow = Flow(NfDataTypes.Ipv6Address);

    public static NfSet ToNf(NfFamily family, string table, Set set)
    {
        var flags = set.IsVerdictMap ? NfSetFlags.Map : NfSetFlags.None;
        NfValue fields = default;
        if (set.IsInterval)
            flags |= NfSetFlags.Interval;
        if (set.HasTimeouts)
            flags |= NfSetFlags.Timeout;
        if (set.IsInterval && set.Key.Second is { } second)
        {
            // Only ranges make the kernel tell the fields of a concatenation apart.
            flags |= NfSetFlags.Concat;
            fields = new([(byte)KeyType.SizeOf(set.Key.First), (byte)KeyType.SizeOf(second)]);
        }
        return new(family, table, set.Name, flags, TypeOf(set.Key), set.Key.Length)
        {
            DataType = set.IsVerdictMap ? NfDataTypes.Verdict : 0,
            DataLength = set.IsVerdictMap ? VerdictLength : 0,
            FieldLengths = fields,
            KeyByteOrder = set.Key switch
            {
                { Second: not null } or { IsFlow: true } => NfByteOrder.None,
                { First: KeyField.InetProto or KeyField.NfProto or KeyField.IfaceIndex or KeyField.InterfaceName } => NfByteOrder.Host,
                _ => NfByteOrder.BigEndian,
            },
            Size = set.Size,
            Comment = set.Comment,
        };
    }

    public static Set FromNf(NfSet set)
    {
        var key = KeyOf(set.KeyType);
        var read = new Set
        {
            Name = set.Name,
            Key = key ?? default,
            IsVerdictMap = set.Flags.HasFlag(NfSetFlags.Map),
            IsInterval = set.Flags.HasFlag(NfSetFlags.Interval),
            HasTimeouts = set.Flags.HasFlag(NfSetFlags.Timeout),
            Size = set.Size,
            Comment = set.Comment,
        };
        return read with { IsForeign = key is null || !WorkAlike(set, ToNf(set.Family, set.Table, read)) };
    }

    private static bool WorkAlike(NfSet found, NfSet written) =>
        (found.Flags, found.KeyLength, found.DataType, found.Size, found.HasExpressions) ==
        (written.Flags, written.KeyLength, written.DataType, written.Size, written.HasExpressions);

    /// <summary>What nft says is the length of a verdict in a map; the kernel knows better and does not look.</summary>
    private const int VerdictLength = 0;

    private static uint TypeOf(KeyType key) =>
        key.Second is { } second ? NfDataTypes.Concat(TypeOf(key.First), TypeOf(second)) : TypeOf(key.First);

    private static uint TypeOf(KeyField field) => field switch
    {
        KeyField.Ipv4Addr => NfDataTypes.Ipv4Address,
        KeyField.Ipv6Addr => NfDataTypes.Ipv6Address,
        KeyField.IfaceIndex => NfDataTypes.InterfaceIndex,
        KeyField.InetProto => NfDataTypes.InetProto,
        KeyField.NfProto => NfDataTypes.NfProto,
        KeyField.InterfaceName => NfDataTypes.InterfaceName,
        KeyField.InetService => NfDataTypes.InetService,
        KeyField.Ipv4Flow => Ipv4Flow,
        KeyField.Ipv6Flow => Ipv6Flow,
        _ => throw new ArgumentOutOfRangeException(nameof(field)),
    };

    private static uint Flow(uint address) => NfDataTypes.Concat(address, address, NfDataTypes.InetProto, NfDataTypes.InetService, NfDataTypes.InetService);

    private static KeyType? KeyOf(uint type)
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

    private static KeyField? FieldOf(uint type) => type switch
    {
        NfDataTypes.Ipv4Address => KeyField.Ipv4Addr,
        NfDataTypes.Ipv6Address => KeyField.Ipv6Addr,
        NfDataTypes.InterfaceIndex => KeyField.IfaceIndex,
        NfDataTypes.InetProto => KeyField.InetProto,
        NfDataTypes.NfProto => KeyField.NfProto,
        NfDataTypes.InterfaceName => KeyField.InterfaceName,
        NfDataTypes.InetService => KeyField.InetService,
        _ => null,
    };
}
