namespace NetPol.Nftables;

/// <summary>One step of a rule. As text, what nft writes for it. The nested types are all there are.</summary>
public abstract partial record Statement
{
    private Statement()
    {
    }

    /// <summary>Matches packets whose connection is in one of the states.</summary>
    public sealed record CtState(ConntrackStates States) : Statement
    {
        public override string ToString() => "ct state " + string.Join(',', Names());

        private IEnumerable<string> Names()
        {
            if (States.HasFlag(ConntrackStates.Established))
                yield return "established";
            if (States.HasFlag(ConntrackStates.Related))
                yield return "related";
        }
    }

    /// <summary>Matches packets that came in by the loopback interface.</summary>
    public sealed record FromLoopback : Statement
    {
        public override string ToString() => "iif \"lo\"";
    }

    /// <summary>
    /// Goes on for packets whose source address has no route: none at all, or none by the interface that the packet came in by. An address of
    /// this machine has none. The kernel answers that there is one for packets without a source that may have none (DHCP, RFC 2131; duplicate address detection, RFC 4862).
    /// </summary>
    public sealed record NoRouteToSource(bool ByInputInterface) : Statement
    {
        public override string ToString() => ByInputInterface ? "fib saddr . iif oif missing" : "fib saddr oif missing";
    }

    /// <summary>Matches IPv4 packets with any option: their header is longer than five words of four bytes (RFC 791).</summary>
    public sealed record HasIpOptions : Statement
    {
        public override string ToString() => "ip hdrlength > 5";
    }

    /// <summary>Matches IPv4 packets that carry the option (RFC 791).</summary>
    public sealed record IpOption(IpOptionType Type) : Statement
    {
        public override string ToString() => Type switch
        {
            IpOptionType.LooseSourceRoute => "ip option lsrr exists",
            IpOptionType.StrictSourceRoute => "ip option ssrr exists",
            _ => throw new InvalidOperationException($"unknown option {Type}"),
        };
    }

    /// <summary>Matches IPv6 packets with a routing header that names a further destination (RFC 8200, section 4.4).</summary>
    public sealed record RoutingSegmentsLeft : Statement
    {
        public override string ToString() => "rt seg-left > 0";
    }

    /// <summary>Matches packets with a link-local IPv6 source address.</summary>
    public sealed record LinkLocalSource : Statement
    {
        public override string ToString() => "ip6 saddr fe80::/10";
    }

    /// <summary>Matches IPv6 packets that a router has forwarded, or that were sent with less than the highest hop limit.</summary>
    public sealed record HopLimitBelow255 : Statement
    {
        public override string ToString() => "ip6 hoplimit != 255";
    }

    /// <summary>Matches ICMP packets of IPv4 whose type lies between the two, both included.</summary>
    public sealed record IcmpType(byte First, byte Last) : Statement
    {
        public override string ToString() => First == Last ? $"icmp type {First}" : $"icmp type {First}-{Last}";
    }

    /// <summary>Matches ICMPv6 packets whose type lies between the two, both included.</summary>
    public sealed record IcmpV6Type(byte First, byte Last) : Statement
    {
        public override string ToString() => First == Last ? $"icmpv6 type {First}" : $"icmpv6 type {First}-{Last}";
    }

    /// <summary>Matches the packet that opens a TCP connection: the flag SYN, and neither ACK, RST nor FIN.</summary>
    public sealed record TcpSyn : Statement
    {
        public override string ToString() => "tcp flags & (fin|syn|rst|ack) == syn";
    }

    /// <summary>Matches packets whose key is in the set; inverted, those whose key is not.</summary>
    public sealed record Lookup(LookupKey Key, string Set, bool Inverted = false) : Statement
    {
        public override string ToString() => $"{Key} {(Inverted ? "!= " : "")}@{Set}";
    }

    /// <summary>Applies the verdict of the map for the packet's key. Without one, evaluation continues with the next rule. Must be the last statement of its rule.</summary>
    public sealed record VerdictMap(LookupKey Key, string Map) : Statement
    {
        public override string ToString() => $"{Key} vmap @{Map}";
    }

    /// <summary>Counts the packet under a named counter.</summary>
    public sealed record NamedCounter(string Counter) : Statement
    {
        public override string ToString() => $"counter name \"{Counter}\"";
    }

    /// <summary>Matches packets up to a rate, and a burst above it. The rule ends for other packets.</summary>
    /// <param name="PerSecond">Packets in a second, at least 1.</param>
    /// <param name="Burst">Packets beyond the rate that may come at once, at least 1: nft has a default for 0.</param>
    public sealed record Limit(ulong PerSecond, uint Burst) : Statement
    {
        public override string ToString() => $"limit rate {PerSecond}/second burst {Burst} packets";
    }

    /// <summary>Sends the packet to the program that has bound the log group, without waiting, and continues.</summary>
    /// <param name="Prefix">What stands before the packet: a name, without quotes.</param>
    /// <param name="Group">The group, of the network namespace.</param>
    /// <param name="SnapLength">Bytes of the packet that are handed over, from its network header on.</param>
    public sealed record Log(string Prefix, ushort Group, uint SnapLength) : Statement
    {
        public override string ToString() => $"log prefix \"{Prefix}\" group {Group} snaplen {SnapLength}";
    }

    /// <summary>A step that is not written here and was found in the kernel: someone else's rule, which equals none of ours.</summary>
    public sealed record Foreign(string Description) : Statement
    {
        public override string ToString() => Description;
    }

    /// <summary>Ends the rule. The last statement of its rule.</summary>
    public sealed record Verdict(PacketVerdict Value) : Statement
    {
        public override string ToString() => Value.ToString();
    }
}

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

/// <summary>A rule: the kernel evaluates the statements in order until one does not match. Compared by value. As text, a line of nft without its chain.</summary>
public sealed class Rule : IEquatable<Rule>
{
    private readonly Statement[] _statements;

    public Rule(params IEnumerable<Statement> statements) => _statements = [.. statements];

    public IReadOnlyList<Statement> Statements => _statements;

    /// <summary>For people; null for none.</summary>
    public string? Comment { get; init; }

    public bool Equals(Rule? other) =>
        other is not null && string.Equals(Comment, other.Comment, StringComparison.Ordinal) && _statements.AsSpan().SequenceEqual(other._statements);

    public override bool Equals(object? obj) => Equals(obj as Rule);

    public override int GetHashCode() => HashCode.Combine(Comment, _statements.Length, _statements.Length == 0 ? null : _statements[^1]);

    public override string ToString() => string.Join(' ', _statements.Select(s => s.ToString())) + (Comment is null ? "" : $" comment \"{Comment}\"");
}

/// <summary>IPv4 options, by their numbers (RFC 791; the copied flag is a part of the number).</summary>
public enum IpOptionType : byte
{
    LooseSourceRoute = 131,
    StrictSourceRoute = 137,
}

/// <summary>States of connection tracking, by their bits in linux/netfilter/nf_conntrack_common.h (NF_CT_STATE_BIT).</summary>
[Flags]
public enum ConntrackStates
{
    None = 0,
    Established = 2,
    Related = 4,
}
