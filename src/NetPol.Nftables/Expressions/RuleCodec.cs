using System.Buffers.Binary;
using System.Runtime.InteropServices;
using NetPol.Netlink;

namespace NetPol.Nftables.Expressions;

/// <summary>Statements as the kernel's expressions, the same that nft makes of their text.</summary>
internal static class RuleEncoder
{
    /// <summary>The unit of time of a limit, in seconds.</summary>
    public const ulong Second = 1;

    private const byte Icmp = 1;
    private const byte Icmp6 = 58;
    private const byte Tcp = 6;

    // Byte 13 of the header, RFC 9293: FIN 1, SYN 2, RST 4, ACK 16.
    private const uint TcpFlagsOffset = 13;
    private const byte TcpSyn = 0x02;
    private const byte TcpStates = 0x17;

    // The lower half of byte 0 of the IPv4 header, RFC 791, in words of four bytes.
    private const byte HeaderLengthMask = 0x0f;
    private const byte HeaderWordsWithoutOptions = 5;

    // Byte 7 of the IPv6 header, RFC 8200.
    private const uint HopLimitOffset = 7;
    private const byte HighestHopLimit = 255;

    // Byte 3 of the routing header, extension header 43, RFC 8200.
    private const byte RoutingHeader = 43;
    private const uint SegmentsLeftOffset = 3;

    // fe80::/10, RFC 4291.
    private static readonly RegisterValue LinkLocalMask = Prefix(0xff, 0xc0);
    private static readonly RegisterValue LinkLocal = Prefix(0xfe, 0x80);

    // LOOPBACK_IFINDEX of include/net/net_namespace.h: the same in every network namespace.
    private const uint LoopbackIndex = 1;

    public static IReadOnlyList<Expression> Encode(Rule rule)
    {
        List<Expression> expressions = [];
        foreach (var statement in rule.Statements)
            Add(expressions, statement);
        return expressions;
    }

    private static IEnumerable<Expression> Load(PacketField field, Register register) => field switch
    {
        PacketField.IpFlow =>
        [
            .. Load(PacketField.IpSaddr, Register.R1), .. Load(PacketField.IpDaddr, Register.R32N01), .. Load(PacketField.L4Proto, Register.R32N02),
            .. LoadPorts(Register.R32N03, Register.R2),
        ],
        PacketField.Ip6Flow =>
        [
            .. Load(PacketField.Ip6Saddr, Register.R1), .. Load(PacketField.Ip6Daddr, Register.R2), .. Load(PacketField.L4Proto, Register.R3),
            .. LoadPorts(Register.R32N09, Register.R32N10),
        ],
        PacketField.Iif => [new MetaExpression(register, MetaKey.InputInterface)],
        PacketField.FibSaddrOif => [new FibExpression(register, FibResult.OutputInterface, FibFlags.SourceAddress)],
        PacketField.CtOriginalIpSaddr => [new ConntrackExpression(register, ConntrackKey.SourceAddressV4, ConntrackExpression.Original)],
        PacketField.CtReplyIpSaddr => [new ConntrackExpression(register, ConntrackKey.SourceAddressV4, ConntrackExpression.Reply)],
        PacketField.CtOriginalIp6Saddr => [new ConntrackExpression(register, ConntrackKey.SourceAddressV6, ConntrackExpression.Original)],
        PacketField.CtReplyIp6Saddr => [new ConntrackExpression(register, ConntrackKey.SourceAddressV6, ConntrackExpression.Reply)],
        PacketField.L4Proto => [new MetaExpression(register, MetaKey.L4Protocol)],
        PacketField.NfProto => [new MetaExpression(register, MetaKey.NfProto)],
        PacketField.ThDport => [new PayloadExpression(register, PayloadBase.TransportHeader, 2, 2)],
        PacketField.IpSaddr => [new PayloadExpression(register, PayloadBase.NetworkHeader, 12, 4)],
        PacketField.IpDaddr => [new PayloadExpression(register, PayloadBase.NetworkHeader, 16, 4)],
        PacketField.Ip6Saddr => [new PayloadExpression(register, PayloadBase.NetworkHeader, 8, 16)],
        PacketField.Ip6Daddr => [new PayloadExpression(register, PayloadBase.NetworkHeader, 24, 16)],
        _ => throw new InvalidOperationException($"unknown field {field}"),
    };

    private static IEnumerable<Expression> LoadPorts(Register source, Register destination) =>
        [new PayloadExpression(source, PayloadBase.TransportHeader, 0, 2), .. Load(PacketField.ThDport, destination)];

    /// <summary>The register of a concatenation's second field: right behind the first one.</summary>
    private static Register SecondRegister(PacketField first) =>
        first is PacketField.Ip6Saddr or PacketField.Ip6Daddr or PacketField.CtOriginalIp6Saddr or PacketField.CtReplyIp6Saddr ? Register.R2 : Register.R32N01;

    /// <summary>Puts a key's fields into registers, from the first one on.</summary>
    public static IReadOnlyList<Expression> Load(LookupKey key)
    {
        List<Expression> expressions = [];
        AddLoads(expressions, key);
        return expressions;
    }

    private static void Add(List<Expression> to, Statement statement)
    {
        switch (statement)
        {
            case Statement.CtState state:
                to.Add(new ConntrackExpression(Register.R1, ConntrackKey.State));
                to.Add(new BitwiseExpression(Register.R1, Register.R1, HostOrder((uint)state.States), HostOrder(0)));
                to.Add(new CompareExpression(Register.R1, CompareOperator.NotEqual, HostOrder(0)));
                break;
            case Statement.FromLoopback:
                to.Add(new MetaExpression(Register.R1, MetaKey.InputInterface));
                to.Add(new CompareExpression(Register.R1, CompareOperator.Equal, HostOrder(LoopbackIndex)));
                break;
            case Statement.NoRouteToSource route:
                to.Add(new FibExpression(
                    Register.R1, FibResult.OutputInterface, FibFlags.SourceAddress | FibFlags.Present | (route.ByInputInterface ? FibFlags.InputInterface : FibFlags.None)));
                to.Add(new CompareExpression(Register.R1, CompareOperator.Equal, HostOrder(0)));
                break;
            case Statement.HasIpOptions:
                AddFamily(to, TableFamily.Ipv4);
                to.Add(new PayloadExpression(Register.R1, PayloadBase.NetworkHeader, 0, 1));
                to.Add(new BitwiseExpression(Register.R1, Register.R1, new([HeaderLengthMask]), new([0])));
                to.Add(new CompareExpression(Register.R1, CompareOperator.Greater, new([HeaderWordsWithoutOptions])));
                break;
            case Statement.IpOption option:
                AddFamily(to, TableFamily.Ipv4);
                to.Add(new HeaderExtensionExpression(Register.R1, HeaderExtension.Ipv4Option, (byte)option.Type, 0, 1, IsPresence: true));
                to.Add(new CompareExpression(Register.R1, CompareOperator.Equal, new([1])));
                break;
            case Statement.RoutingSegmentsLeft:
                AddFamily(to, TableFamily.Ipv6);
                to.Add(new HeaderExtensionExpression(Register.R1, HeaderExtension.Ipv6, RoutingHeader, SegmentsLeftOffset, 1, IsPresence: false));
                to.Add(new CompareExpression(Register.R1, CompareOperator.Greater, new([0])));
                break;
            case Statement.LinkLocalSource:
                AddFamily(to, TableFamily.Ipv6);
                to.AddRange(Load(PacketField.Ip6Saddr, Register.R1));
                to.Add(new BitwiseExpression(Register.R1, Register.R1, LinkLocalMask, Prefix(0, 0)));
                to.Add(new CompareExpression(Register.R1, CompareOperator.Equal, LinkLocal));
                break;
            case Statement.HopLimitBelow255:
                AddFamily(to, TableFamily.Ipv6);
                to.Add(new PayloadExpression(Register.R1, PayloadBase.NetworkHeader, HopLimitOffset, 1));
                to.Add(new CompareExpression(Register.R1, CompareOperator.NotEqual, new([HighestHopLimit])));
                break;
            case Statement.IcmpType types:
                AddIcmp(to, TableFamily.Ipv4, Icmp, types.First, types.Last);
                break;
            case Statement.IcmpV6Type types:
                AddIcmp(to, TableFamily.Ipv6, Icmp6, types.First, types.Last);
                break;
            case Statement.TcpSyn:
                to.Add(new MetaExpression(Register.R1, MetaKey.L4Protocol));
                to.Add(new CompareExpression(Register.R1, CompareOperator.Equal, new([Tcp])));
                to.Add(new PayloadExpression(Register.R1, PayloadBase.TransportHeader, TcpFlagsOffset, 1));
                to.Add(new BitwiseExpression(Register.R1, Register.R1, new([TcpStates]), new([0])));
                to.Add(new CompareExpression(Register.R1, CompareOperator.Equal, new([TcpSyn])));
                break;
            case Statement.FrameMatch match:
                to.AddRange(FrameCodec.Encode(match));
                break;
            case Statement.FrameLookup frameInSet:
                to.AddRange(FrameCodec.Encode(frameInSet));
                break;
            case Statement.Lookup inSet:
                AddLoads(to, inSet.Key);
                to.Add(new LookupExpression(inSet.Set, Register.R1, Inverted: inSet.Inverted));
                break;
            case Statement.VerdictMap map:
                AddLoads(to, map.Key);
                to.Add(new LookupExpression(map.Map, Register.R1, Register.Verdict));
                break;
            case Statement.NamedCounter count:
                to.Add(ObjectReferenceExpression.Counter(count.Counter));
                break;
            case Statement.Limit limit:
                to.Add(new LimitExpression(limit.PerSecond, Second, limit.Burst));
                break;
            case Statement.Log log:
                to.Add(new LogExpression(log.Prefix, log.Group, log.SnapLength));
                break;
            case Statement.Verdict decide:
                to.Add(new ImmediateExpression(decide.Value));
                break;
            default:
                throw new InvalidOperationException($"{statement} cannot be written");
        }
    }

    private static void AddIcmp(List<Expression> to, TableFamily family, byte protocol, byte first, byte last)
    {
        AddFamily(to, family);
        to.Add(new MetaExpression(Register.R1, MetaKey.L4Protocol));
        to.Add(new CompareExpression(Register.R1, CompareOperator.Equal, new([protocol])));
        to.Add(new PayloadExpression(Register.R1, PayloadBase.TransportHeader, 0, 1));
        AddRange(to, first, last);
    }

    private static void AddRange(List<Expression> to, byte first, byte last)
    {
        if (first == last)
        {
            to.Add(new CompareExpression(Register.R1, CompareOperator.Equal, new([first])));
            return;
        }
        to.Add(new CompareExpression(Register.R1, CompareOperator.GreaterOrEqual, new([first])));
        to.Add(new CompareExpression(Register.R1, CompareOperator.LessOrEqual, new([last])));
    }

    private static void AddLoads(List<Expression> to, LookupKey key)
    {
        // nft cannot print an address of a packet whose family the rule has not made sure of.
        if ((FamilyOf(key.First) ?? (key.Second is { } other ? FamilyOf(other) : null)) is { } family)
            AddFamily(to, family);
        to.AddRange(Load(key.First, Register.R1));
        if (key.Second is not { } second)
            return;
        // A range is a range of numbers only in network order.
        if (key.First == PacketField.Iif)
            to.Add(new ByteOrderExpression(Register.R1, Register.R1, ToNetwork: true, sizeof(uint), sizeof(uint)));
        to.AddRange(Load(second, SecondRegister(key.First)));
    }

    private static TableFamily? FamilyOf(PacketField field) => field switch
    {
        PacketField.IpSaddr or PacketField.IpDaddr or PacketField.IpFlow or PacketField.CtOriginalIpSaddr or PacketField.CtReplyIpSaddr => TableFamily.Ipv4,
        PacketField.Ip6Saddr or PacketField.Ip6Daddr or PacketField.Ip6Flow or PacketField.CtOriginalIp6Saddr or PacketField.CtReplyIp6Saddr => TableFamily.Ipv6,
        _ => null,
    };

    private static void AddFamily(List<Expression> to, TableFamily family)
    {
        to.Add(new MetaExpression(Register.R1, MetaKey.NfProto));
        to.Add(new CompareExpression(Register.R1, CompareOperator.Equal, new([(byte)family])));
    }

    /// <summary>An IPv6 address with these first two bytes and zeros.</summary>
    private static RegisterValue Prefix(byte first, byte second) => new([first, second, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);

    private static RegisterValue HostOrder(uint value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        if (BitConverter.IsLittleEndian)
            BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        else
            BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return new(bytes);
    }
}

/// <summary>A rule as messages carry it (linux/netfilter/nf_tables.h, <c>enum nft_rule_attributes</c>).</summary>
/// <param name="Table">Its table.</param>
/// <param name="Chain">Its chain.</param>
/// <param name="Expressions">In the order in which they run; the first that does not match ends the rule.</param>
/// <param name="Comment">For people; null for none.</param>
internal sealed record RuleMessage(string Table, string Chain, IReadOnlyList<Expression> Expressions, string? Comment = null)
{
    public const ushort AttributeTable = 1;
    public const ushort AttributeChain = 2;
    private const ushort AttributeExpressions = 4;
    private const ushort AttributeUserData = 7;

    /// <exception cref="NetlinkFormatException">The payload is no rule.</exception>
    public static RuleMessage Read(ReadOnlySpan<byte> payload)
    {
        var rule = new RuleMessage("", "", []);
        var attributes = AttributeReader.After(NetfilterHeader.Size, payload);
        while (attributes.Next())
        {
            rule = attributes.Type switch
            {
                AttributeTable => rule with { Table = attributes.ReadString() },
                AttributeChain => rule with { Chain = attributes.ReadString() },
                AttributeExpressions => rule with { Expressions = Expression.ReadList(attributes.Nested) },
                AttributeUserData => rule with { Comment = UserData.ReadString(attributes.Value) },
                _ => rule,
            };
        }
        return rule;
    }

    /// <summary>Writes the names that say where rules are.</summary>
    public static void WriteChain(MessageWriter writer, string table, string chain)
    {
        writer.WriteString(AttributeTable, table);
        writer.WriteString(AttributeChain, chain);
    }

    public void Write(MessageWriter writer)
    {
        WriteChain(writer, Table, Chain);
        var list = writer.BeginNested(AttributeExpressions);
        foreach (var expression in Expressions)
            expression.Write(writer);
        writer.EndNested(list);
        UserData.WriteComment(writer, AttributeUserData, Comment);
    }
}

/// <summary>The statements that expressions were made of; what was not made here becomes <see cref="Statement.Foreign"/>.</summary>
internal static class RuleDecoder
{
    /// <summary>The statements without a parameter, and all forms of those with few.</summary>
    private static readonly (Statement Statement, IReadOnlyList<Expression> Expressions)[] Constants =
    [
        .. ((Statement[])
        [
            new Statement.FromLoopback(), new Statement.TcpSyn(), new Statement.NoRouteToSource(ByInputInterface: true), new Statement.NoRouteToSource(ByInputInterface: false),
            new Statement.HasIpOptions(), new Statement.IpOption(IpOptionType.LooseSourceRoute), new Statement.IpOption(IpOptionType.StrictSourceRoute), new Statement.RoutingSegmentsLeft(),
            new Statement.LinkLocalSource(), new Statement.HopLimitBelow255(),
        ]).Select(s => (s, RuleEncoder.Encode(new(s)))),
    ];

    /// <summary>Every key that can be looked up, with the expressions that load it.</summary>
    private static readonly (LookupKey Key, IReadOnlyList<Expression> Loads)[] Keys =
    [
        .. from first in Enum.GetValues<PacketField>()
           from second in Enum.GetValues<PacketField>().Select(f => (PacketField?)f).Prepend(null)
           where second is null || IsConcatenation(first, second.Value)
           let key = new LookupKey(first, second)
           select (key, RuleEncoder.Load(key)),
    ];

    public static Rule Decode(RuleMessage rule)
    {
        // nft turns the bytes of one-byte fields of interval keys around, which does nothing.
        var rest = rule.Expressions.Where(e => e is not ByteOrderExpression { Length: 1 }).ToArray().AsSpan();
        List<Statement> statements = [];
        while (!rest.IsEmpty)
        {
            var (statement, length) = ReadOne(rest);
            statements.Add(statement);
            rest = rest[length..];
        }
        return new(statements) { Comment = rule.Comment };
    }

    private static (Statement Statement, int Length) ReadOne(ReadOnlySpan<Expression> rest) => rest[0] switch
    {
        ImmediateExpression { Verdict: { Code: not VerdictCode.Foreign } decided } => (new Statement.Verdict(decided), 1),
        ObjectReferenceExpression reference when reference == ObjectReferenceExpression.Counter(reference.Name) => (new Statement.NamedCounter(reference.Name), 1),
        LimitExpression { Unit: RuleEncoder.Second, Bytes: false, Inverted: false } limit => (new Statement.Limit(limit.Rate, limit.Burst), 1),
        LogExpression { Group: { } group, QueueThreshold: 0 } log => (new Statement.Log(log.Prefix, group, log.SnapLength), 1),
        ConntrackExpression { Key: ConntrackKey.State, Destination: Register.R1, Direction: null } => ReadCtState(rest),
        _ => ReadConstant(rest) ?? ReadIcmp(rest, (first, last) => new Statement.IcmpType(first, last)) ?? ReadIcmp(rest, (first, last) => new Statement.IcmpV6Type(first, last)) ??
            ReadLookup(rest) ?? FrameCodec.Decode(rest) ?? Foreign(rest),
    };

    private static (Statement Statement, int Length) Foreign(ReadOnlySpan<Expression> rest) => (new Statement.Foreign(rest[0].ToString()), 1);

    private static (Statement Statement, int Length) ReadCtState(ReadOnlySpan<Expression> rest)
    {
        if (rest.Length < 3 || rest[1] is not BitwiseExpression { Mask: { Length: sizeof(uint) } mask })
            return Foreign(rest);
        var state = new Statement.CtState((ConntrackStates)MemoryMarshal.Read<uint>(mask.Span));
        return StartsWith(rest, RuleEncoder.Encode(new(state))) ? (state, 3) : Foreign(rest);
    }

    private static (Statement Statement, int Length)? ReadConstant(ReadOnlySpan<Expression> rest)
    {
        foreach (var (statement, expressions) in Constants)
        {
            if (StartsWith(rest, expressions))
                return (statement, expressions.Count);
        }
        return null;
    }

    private static (Statement Statement, int Length)? ReadIcmp(ReadOnlySpan<Expression> rest, Func<byte, byte, Statement> types)
    {
        // Family, protocol and the type itself are loaded before the first comparison with a type.
        const int At = 5;
        if (rest.Length <= At || rest[At] is not CompareExpression { Value.Length: 1 } low)
            return null;
        var high = low.Operator == CompareOperator.Equal ? low : rest.Length > At + 1 ? rest[At + 1] as CompareExpression : null;
        if (high is not { Value.Length: 1 })
            return null;
        var statement = types(low.Value.Span[0], high.Value.Span[0]);
        var expressions = RuleEncoder.Encode(new(statement));
        return StartsWith(rest, expressions) ? (statement, expressions.Count) : null;
    }

    private static (Statement Statement, int Length)? ReadLookup(ReadOnlySpan<Expression> rest)
    {
        foreach (var (key, loads) in Keys)
        {
            if (rest.Length <= loads.Count || rest[loads.Count] is not LookupExpression { Source: Register.R1 } lookup || !StartsWith(rest, loads))
                continue;
            if (lookup.Destination is null)
                return (new Statement.Lookup(key, lookup.Set, lookup.Inverted), loads.Count + 1);
            if (lookup is { Destination: Register.Verdict, Inverted: false })
                return (new Statement.VerdictMap(key, lookup.Set), loads.Count + 1);
        }
        return null;
    }

    private static bool IsConcatenation(PacketField first, PacketField second) => (first, second) switch
    {
        (PacketField.Iif, PacketField.IpSaddr or PacketField.Ip6Saddr) => true,
        (PacketField.IpSaddr, PacketField.CtOriginalIpSaddr or PacketField.CtReplyIpSaddr) => true,
        (PacketField.Ip6Saddr, PacketField.CtOriginalIp6Saddr or PacketField.CtReplyIp6Saddr) => true,
        _ => IsHeaderField(first) && IsHeaderField(second) && new LookupKey(first, second).Type.Length <= ElementKey.MaxLength,
    };

    private static bool IsHeaderField(PacketField field) => field is PacketField.IpSaddr or PacketField.IpDaddr or PacketField.Ip6Saddr or PacketField.Ip6Daddr
        or PacketField.L4Proto or PacketField.NfProto or PacketField.ThDport;

    private static bool StartsWith(ReadOnlySpan<Expression> expressions, IReadOnlyList<Expression> start)
    {
        if (expressions.Length < start.Count)
            return false;
        for (var i = 0; i < start.Count; i++)
        {
            if (expressions[i] != start[i])
                return false;
        }
        return true;
    }
}
