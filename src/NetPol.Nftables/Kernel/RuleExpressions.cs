using System.Buffers.Binary;
using NetPol.Netlink.NfTables;
using NetPol.Netlink.NfTables.Expressions;

namespace NetPol.Nftables.Kernel;

/// <summary>Statements as the kernel's expressions, the same that nft makes of their text.</summary>
internal static class RuleExpressions
{
    /// <summary>The unit of time of a limit, in seconds.</summary>
    public const ulong Second = 1;

    private const byte Icmp6 = 58;
    private const byte Tcp = 6;

    // Byte 13 of the header, RFC 9293: FIN 1, SYN 2, RST 4, ACK 16.
    private const uint TcpFlagsOffset = 13;
    private const byte TcpSyn = 0x02;
    private const byte TcpStates = 0x17;

    // LOOPBACK_IFINDEX of include/net/net_namespace.h: the same in every network namespace.
    private const uint LoopbackIndex = 1;

    public static IReadOnlyList<NfExpression> From(Rule rule)
    {
        List<NfExpression> expressions = [];
        foreach (var statement in rule.Statements)
            Add(expressions, statement);
        return expressions;
    }

    public static NfVerdict ToNf(PacketVerdict verdict) => verdict.Code switch
    {
        VerdictCode.Accept => NfVerdict.Accept,
        VerdictCode.Drop => NfVerdict.Drop,
        VerdictCode.Return => NfVerdict.Return,
        VerdictCode.Jump => NfVerdict.Jump(verdict.Chain!),
        VerdictCode.Goto => NfVerdict.Goto(verdict.Chain!),
        _ => throw new InvalidOperationException($"{verdict.Code} is no verdict for the kernel"),
    };

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
        first is PacketField.Ip6Saddr or PacketField.Ip6Daddr ? NfRegister.R2 : NfRegister.R32N01;

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
            case Statement.IcmpV6Type types:
                AddFamily(to, NfFamily.Ipv6);
                to.Add(new MetaExpression(NfRegister.R1, MetaKey.L4Protocol));
                to.Add(new CompareExpression(NfRegister.R1, CompareOperator.Equal, new([Icmp6])));
                to.Add(new PayloadExpression(NfRegister.R1, PayloadBase.TransportHeader, 0, 1));
                AddRange(to, types.First, types.Last);
                break;
            case Statement.TcpSyn:
                to.Add(new MetaExpression(NfRegister.R1, MetaKey.L4Protocol));
                to.Add(new CompareExpression(NfRegister.R1, CompareOperator.Equal, new([Tcp])));
                to.Add(new PayloadExpression(NfRegister.R1, PayloadBase.TransportHeader, TcpFlagsOffset, 1));
                to.Add(new BitwiseExpression(NfRegister.R1, NfRegister.R1, new([TcpStates]), new([0])));
                to.Add(new CompareExpression(NfRegister.R1, CompareOperator.Equal, new([TcpSyn])));
                break;
            case Statement.InSet inSet:
                AddLoads(to, inSet.Key);
                to.Add(new LookupExpression(inSet.Set, NfRegister.R1));
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
                to.Add(new ImmediateExpression(ToNf(decide.Verdict)));
                break;
            default:
                throw new InvalidOperationException($"{statement} cannot be written");
        }
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
        if (key.First is not (PacketField.L4Proto or PacketField.NfProto or PacketField.ThDport))
            AddFamily(to, key.First is PacketField.IpSaddr or PacketField.IpDaddr or PacketField.IpFlow ? NfFamily.Ipv4 : NfFamily.Ipv6);
        to.AddRange(Load(key.First, NfRegister.R1));
        if (key.Second is { } second)
            to.AddRange(Load(second, SecondRegister(key.First)));
    }

    private static void AddFamily(List<NfExpression> to, NfFamily family)
    {
        to.Add(new MetaExpression(NfRegister.R1, MetaKey.NfProto));
        to.Add(new CompareExpression(NfRegister.R1, CompareOperator.Equal, new([(byte)family])));
    }

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
