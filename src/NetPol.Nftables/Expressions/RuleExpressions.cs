using System.Buffers.Binary;

namespace NetPol.Nftables.Expressions;

/// <summary>Statements as the kernel's expressions, the same that nft makes of their text.</summary>
internal static class RuleExpressions
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
    private static readonly NfValue LinkLocalMask = Prefix(0xff, 0xc0);
    private static readonly NfValue LinkLocal = Prefix(0xfe, 0x80);

    // LOOPBACK_IFINDEX of include/net/net_namespace.h: the same in every network namespace.
    private const uint LoopbackIndex = 1;

    public static IReadOnlyList<NfExpression> From(Rule rule)
    {
        List<NfExpression> expressions = [];
        foreach (var statement in rule.Statements)
            Add(expressions, statement);
        return expressions;
    }

    private static IEnumerable<NfExpression> Load(PacketField field, NfRegister register) => field switch
    {
        PacketField.IpFlow =>
        [
            .. Load(PacketField.IpSaddr, NfRegister.R1), .. Load(PacketField.IpDaddr, NfRegister.R32N01), .. Load(PacketField.L4Proto, NfRegister.R32N02),
            .. LoadPorts(NfRegister.R32N03, NfRegister.R2),
        ],
        PacketField.Ip6Flow =>
        [
            .. Load(PacketField.Ip6Saddr, NfRegister.R1), .. Load(PacketField.Ip6Daddr, NfRegister.R2), .. Load(PacketField.L4Proto, NfRegister.R3),
            .. LoadPorts(NfRegister.R32N09, NfRegister.R32N10),
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

    private static IEnumerable<NfExpression> LoadPorts(NfRegister source, NfRegister destination) =>
        [new PayloadExpression(source, PayloadBase.TransportHeader, 0, 2), .. Load(PacketField.ThDport, destination)];

    /// <summary>The register of a concatenation's second field: right behind the first one.</summary>
    private static NfRegister SecondRegister(PacketField first) =>
        first is PacketField.Ip6Saddr or PacketField.Ip6Daddr or PacketField.CtOriginalIp6Saddr or PacketField.CtReplyIp6Saddr ? NfRegister.R2 : NfRegister.R32N01;

    /// <summary>Puts a key's fields into registers, from the first one on.</summary>
    public static IReadOnlyList<NfExpression> Load(LookupKey key)
    {
        List<NfExpression> expressions = [];
        AddLoads(expressions, key);
        return expressions;
    }

    private static void Add(List<NfExpression> to, Statement statement)
    {
        switch (statement)
        {
            case Statement.CtState state:
                to.Add(new ConntrackExpression(NfRegister.R1, ConntrackKey.State));
                to.Add(new BitwiseExpression(NfRegister.R1, NfRegister.R1, HostOrder((uint)state.States), HostOrder(0)));
                to.Add(new CompareExpression(NfRegister.R1, CompareOperator.NotEqual, HostOrder(0)));
                break;
            case Statement.FromLoopback:
                to.Add(new MetaExpression(NfRegister.R1, MetaKey.InputInterface));
                to.Add(new CompareExpression(NfRegister.R1, CompareOperator.Equal, HostOrder(LoopbackIndex)));
                break;
            case Statement.NoRouteToSource route:
                to.Add(new FibExpression(
                    NfRegister.R1, FibResult.OutputInterface, FibFlags.SourceAddress | FibFlags.Present | (route.ByInputInterface ? FibFlags.InputInterface : FibFlags.None)));
                to.Add(new CompareExpression(NfRegister.R1, CompareOperator.Equal, HostOrder(0)));
                break;
            case Statement.HasIpOptions:
                AddFamily(to, TableFamily.Ipv4);
                to.Add(new PayloadExpression(NfRegister.R1, PayloadBase.NetworkHeader, 0, 1));
                to.Add(new BitwiseExpression(NfRegister.R1, NfRegister.R1, new([HeaderLengthMask]), new([0])));
                to.Add(new CompareExpression(NfRegister.R1, CompareOperator.Greater, new([HeaderWordsWithoutOptions])));
                break;
            case Statement.IpOption option:
                AddFamily(to, TableFamily.Ipv4);
                to.Add(new HeaderExtensionExpression(NfRegister.R1, HeaderExtension.Ipv4Option, (byte)option.Type, 0, 1, IsPresence: true));
                to.Add(new CompareExpression(NfRegister.R1, CompareOperator.Equal, new([1])));
                break;
            case Statement.SegmentsLeft:
                AddFamily(to, TableFamily.Ipv6);
                to.Add(new HeaderExtensionExpression(NfRegister.R1, HeaderExtension.Ipv6, RoutingHeader, SegmentsLeftOffset, 1, IsPresence: false));
                to.Add(new CompareExpression(NfRegister.R1, CompareOperator.Greater, new([0])));
                break;
            case Statement.LinkLocalSource:
                AddFamily(to, TableFamily.Ipv6);
                to.AddRange(Load(PacketField.Ip6Saddr, NfRegister.R1));
                to.Add(new BitwiseExpression(NfRegister.R1, NfRegister.R1, LinkLocalMask, Prefix(0, 0)));
                to.Add(new CompareExpression(NfRegister.R1, CompareOperator.Equal, LinkLocal));
                break;
            case Statement.HopLimitBelow255:
                AddFamily(to, TableFamily.Ipv6);
                to.Add(new PayloadExpression(NfRegister.R1, PayloadBase.NetworkHeader, HopLimitOffset, 1));
                to.Add(new CompareExpression(NfRegister.R1, CompareOperator.NotEqual, new([HighestHopLimit])));
                break;
            case Statement.IcmpType types:
                AddIcmp(to, TableFamily.Ipv4, Icmp, types.First, types.Last);
                break;
            case Statement.IcmpV6Type types:
                AddIcmp(to, TableFamily.Ipv6, Icmp6, types.First, types.Last);
                break;
            case Statement.TcpSyn:
                to.Add(new MetaExpression(NfRegister.R1, MetaKey.L4Protocol));
                to.Add(new CompareExpression(NfRegister.R1, CompareOperator.Equal, new([Tcp])));
                to.Add(new PayloadExpression(NfRegister.R1, PayloadBase.TransportHeader, TcpFlagsOffset, 1));
                to.Add(new BitwiseExpression(NfRegister.R1, NfRegister.R1, new([TcpStates]), new([0])));
                to.Add(new CompareExpression(NfRegister.R1, CompareOperator.Equal, new([TcpSyn])));
                break;
            case Statement.FrameIs match:
                to.AddRange(FrameExpressions.From(match));
                break;
            case Statement.FrameInSet frameInSet:
                to.AddRange(FrameExpressions.From(frameInSet));
                break;
            case Statement.InSet inSet:
                AddLoads(to, inSet.Key);
                to.Add(new LookupExpression(inSet.Set, NfRegister.R1, Inverted: inSet.Inverted));
                break;
            case Statement.VerdictMap map:
                AddLoads(to, map.Key);
                to.Add(new LookupExpression(map.Map, NfRegister.R1, NfRegister.Verdict));
                break;
            case Statement.Count count:
                to.Add(ObjectReferenceExpression.Counter(count.Counter));
                break;
            case Statement.Limit limit:
                to.Add(new LimitExpression(limit.PerSecond, Second, limit.Burst));
                break;
            case Statement.Log log:
                to.Add(new LogExpression(log.Prefix, log.Group, log.SnapLength));
                break;
            case Statement.Decide decide:
                to.Add(new ImmediateExpression(decide.Verdict));
                break;
            default:
                throw new InvalidOperationException($"{statement} cannot be written");
        }
    }

    private static void AddIcmp(List<NfExpression> to, TableFamily family, byte protocol, byte first, byte last)
    {
        AddFamily(to, family);
        to.Add(new MetaExpression(NfRegister.R1, MetaKey.L4Protocol));
        to.Add(new CompareExpression(NfRegister.R1, CompareOperator.Equal, new([protocol])));
        to.Add(new PayloadExpression(NfRegister.R1, PayloadBase.TransportHeader, 0, 1));
        AddRange(to, first, last);
    }

    private static void AddRange(List<NfExpression> to, byte first, byte last)
    {
        if (first == last)
        {
            to.Add(new CompareExpression(NfRegister.R1, CompareOperator.Equal, new([first])));
            return;
        }
        to.Add(new CompareExpression(NfRegister.R1, CompareOperator.GreaterOrEqual, new([first])));
        to.Add(new CompareExpression(NfRegister.R1, CompareOperator.LessOrEqual, new([last])));
    }

    private static void AddLoads(List<NfExpression> to, LookupKey key)
    {
        // nft cannot print an address of a packet whose family the rule has not made sure of.
        if ((FamilyOf(key.First) ?? (key.Second is { } other ? FamilyOf(other) : null)) is { } family)
            AddFamily(to, family);
        to.AddRange(Load(key.First, NfRegister.R1));
        if (key.Second is not { } second)
            return;
        // A range is a range of numbers only in network order.
        if (key.First == PacketField.Iif)
            to.Add(new ByteOrderExpression(NfRegister.R1, NfRegister.R1, ToNetwork: true, sizeof(uint), sizeof(uint)));
        to.AddRange(Load(second, SecondRegister(key.First)));
    }

    private static TableFamily? FamilyOf(PacketField field) => field switch
    {
        PacketField.IpSaddr or PacketField.IpDaddr or PacketField.IpFlow or PacketField.CtOriginalIpSaddr or PacketField.CtReplyIpSaddr => TableFamily.Ipv4,
        PacketField.Ip6Saddr or PacketField.Ip6Daddr or PacketField.Ip6Flow or PacketField.CtOriginalIp6Saddr or PacketField.CtReplyIp6Saddr => TableFamily.Ipv6,
        _ => null,
    };

    private static void AddFamily(List<NfExpression> to, TableFamily family)
    {
        to.Add(new MetaExpression(NfRegister.R1, MetaKey.NfProto));
        to.Add(new CompareExpression(NfRegister.R1, CompareOperator.Equal, new([(byte)family])));
    }

    /// <summary>An IPv6 address of which the first two bytes are given.</summary>
    private static NfValue Prefix(byte first, byte second) => new([first, second, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);

    private static NfValue HostOrder(uint value)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        if (BitConverter.IsLittleEndian)
            BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        else
            BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return new(bytes);
    }
}
