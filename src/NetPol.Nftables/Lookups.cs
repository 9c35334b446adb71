namespace NetPol.Nftables;

/// <summary>The parts of a packet that rules look at.</summary>
public enum PacketField
{
    /// <summary><c>ip saddr</c>; packets of other families do not match.</summary>
    IpSaddr,

    /// <summary><c>ip daddr</c>; packets of other families do not match.</summary>
    IpDaddr,

    /// <summary><c>ip6 saddr</c>; packets of other families do not match.</summary>
    Ip6Saddr,

    /// <summary><c>ip6 daddr</c>; packets of other families do not match.</summary>
    Ip6Daddr,

    /// <summary><c>iif</c>: the index of the interface that the packet came in by.</summary>
    Iif,

    /// <summary><c>fib saddr oif</c>: the index of the interface that leads to the source address; 0 without a route.</summary>
    FibSaddrOif,

    /// <summary><c>ct original ip saddr</c>; packets of other families do not match.</summary>
    CtOriginalIpSaddr,

    /// <summary><c>ct reply ip saddr</c>; packets of other families do not match.</summary>
    CtReplyIpSaddr,

    /// <summary><c>ct original ip6 saddr</c>; packets of other families do not match.</summary>
    CtOriginalIp6Saddr,

    /// <summary><c>ct reply ip6 saddr</c>; packets of other families do not match.</summary>
    CtReplyIp6Saddr,

    /// <summary><c>meta l4proto</c></summary>
    L4Proto,

    /// <summary><c>meta nfproto</c>: the family of the packet.</summary>
    NfProto,

    /// <summary><c>th dport</c>: bytes 2 and 3 of the transport header, whatever the protocol.</summary>
    ThDport,

    /// <summary><c>ip saddr . ip daddr . meta l4proto . th sport . th dport</c>; packets of other families do not match.</summary>
    IpFlow,

    /// <summary>The same with <c>ip6</c>.</summary>
    Ip6Flow,
}

/// <summary>The packet's fields that are looked up in a set: one, or a concatenation of two.</summary>
public readonly record struct LookupKey(PacketField First, PacketField? Second = null)
{
    /// <summary>The type of the sets that it can be looked up in.</summary>
    public KeyType Type => new(TypeOf(First), Second is { } second ? TypeOf(second) : null);

    /// <summary>As nft writes it: <c>meta l4proto . th dport</c>.</summary>
    public override string ToString() => Second is { } second ? $"{Name(First)} . {Name(second)}" : Name(First);

    private static KeyField TypeOf(PacketField field) => field switch
    {
        PacketField.IpSaddr or PacketField.IpDaddr or PacketField.CtOriginalIpSaddr or PacketField.CtReplyIpSaddr => KeyField.Ipv4Addr,
        PacketField.Ip6Saddr or PacketField.Ip6Daddr or PacketField.CtOriginalIp6Saddr or PacketField.CtReplyIp6Saddr => KeyField.Ipv6Addr,
        PacketField.Iif or PacketField.FibSaddrOif => KeyField.IfaceIndex,
        PacketField.L4Proto => KeyField.InetProto,
        PacketField.NfProto => KeyField.NfProto,
        PacketField.ThDport => KeyField.InetService,
        PacketField.IpFlow => KeyField.Ipv4Flow,
        PacketField.Ip6Flow => KeyField.Ipv6Flow,
        _ => throw new ArgumentOutOfRangeException(nameof(field)),
    };

    private static string Name(PacketField field) => field switch
    {
        PacketField.IpSaddr => "ip saddr",
        PacketField.IpDaddr => "ip daddr",
        PacketField.Ip6Saddr => "ip6 saddr",
        PacketField.Ip6Daddr => "ip6 daddr",
        PacketField.Iif => "iif",
        PacketField.FibSaddrOif => "fib saddr oif",
        PacketField.CtOriginalIpSaddr => "ct original ip saddr",
        PacketField.CtReplyIpSaddr => "ct reply ip saddr",
        PacketField.CtOriginalIp6Saddr => "ct original ip6 saddr",
        PacketField.CtReplyIp6Saddr => "ct reply ip6 saddr",
        PacketField.L4Proto => "meta l4proto",
        PacketField.NfProto => "meta nfproto",
        PacketField.ThDport => "th dport",
        PacketField.IpFlow => "ip saddr . ip daddr . meta l4proto . th sport . th dport",
        PacketField.Ip6Flow => "ip6 saddr . ip6 daddr . meta l4proto . th sport . th dport",
        _ => throw new ArgumentOutOfRangeException(nameof(field)),
    };
}

/// <summary>The values of a packet's <c>meta nfproto</c> that a table of the family inet sees (linux/netfilter.h, <c>NFPROTO_*</c>).</summary>
public static class NfProto
{
    public const byte Ipv4 = 2;

    public const byte Ipv6 = 10;
}
