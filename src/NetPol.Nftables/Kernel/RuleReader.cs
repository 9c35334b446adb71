using System.Runtime.InteropServices;
using NetPol.Netlink.NfTables;
using NetPol.Netlink.NfTables.Expressions;

namespace NetPol.Nftables.Kernel;

/// <summary>The statements that expressions were made of; what was not made here becomes <see cref="Statement.Foreign"/>.</summary>
internal static class RuleReader
{
    private const byte Icmp6 = 58;

    /// <summary>Every key that can be looked up, with the expressions that load it.</summary>
    private static readonly (LookupKey Key, IReadOnlyList<NfExpression> Loads)[] Keys =
    [
        .. from first in Enum.GetValues<PacketField>()
           from second in Enum.GetValues<PacketField>().Select(f => (PacketField?)f).Prepend(null)
           let key = new LookupKey(first, second)
           where second is null || (!IsFlow(first) && !IsFlow(second.Value) && key.Type.Length <= ElementKey.MaxLength)
           select (key, RuleExpressions.Load(key)),
    ];

    private static readonly NfExpression[] LoadIcmpV6Type =
    [
        new MetaExpression(NfRegister.R1, MetaKey.NfProto),
        new CompareExpression(NfRegister.R1, CompareOperator.Equal, new([(byte)NfFamily.Ipv6])),
        new MetaExpression(NfRegister.R1, MetaKey.L4Protocol),
        new CompareExpression(NfRegister.R1, CompareOperator.Equal, new([Icmp6])),
        new PayloadExpression(NfRegister.R1, PayloadBase.TransportHeader, 0, 1),
    ];

    public static Rule Read(NfRule rule)
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

    private static (Statement Statement, int Length) ReadOne(ReadOnlySpan<NfExpression> rest) => rest[0] switch
    {
        ImmediateExpression { Verdict: { } verdict } when VerdictFromNf(verdict) is { } decided => (new Statement.Decide(decided), 1),
        ObjectReferenceExpression reference when reference == ObjectReferenceExpression.Counter(reference.Name) => (new Statement.Count(reference.Name), 1),
        LimitExpression { Unit: RuleExpressions.Second, Bytes: false, Inverted: false } limit => (new Statement.Limit(limit.Rate, limit.Burst), 1),
        LogExpression { Group: { } group, QueueThreshold: 0 } log => (new Statement.Log(log.Prefix, group, log.SnapLength), 1),
        MetaExpression { Key: MetaKey.InputInterface } => ReadLoopback(rest),
        ConntrackExpression { Key: ConntrackKey.State, Destination: NfRegister.R1, Direction: null } => ReadCtState(rest),
        _ => ReadTcpSyn(rest) ?? ReadIcmpV6Type(rest) ?? ReadLookup(rest) ?? Foreign(rest),
    };

    public static PacketVerdict? VerdictFromNf(NfVerdict verdict) => verdict.Code switch
    {
        NfVerdictCode.Accept => PacketVerdict.Accept,
        NfVerdictCode.Drop => PacketVerdict.Drop,
        NfVerdictCode.Return => PacketVerdict.Return,
        NfVerdictCode.Jump when verdict.Chain is { } chain => PacketVerdict.Jump(chain),
        NfVerdictCode.Goto when verdict.Chain is { } chain => PacketVerdict.Goto(chain),
        _ => null,
    };

    private static (Statement Statement, int Length) Foreign(ReadOnlySpan<NfExpression> rest) => (new Statement.Foreign(rest[0].ToString()), 1);

    private static (Statement Statement, int Length) ReadCtState(ReadOnlySpan<NfExpression> rest)
    {
        if (rest.Length < 3 || rest[1] is not BitwiseExpression { Mask: { Length: sizeof(uint) } mask })
            return Foreign(rest);
        var state = new Statement.CtState((CtStates)MemoryMarshal.Read<uint>(mask.Span));
        return StartsWith(rest, RuleExpressions.From(new(state))) ? (state, 3) : Foreign(rest);
    }

    private static (Statement Statement, int Length) ReadLoopback(ReadOnlySpan<NfExpression> rest)
    {
        var loopback = new Statement.FromLoopback();
        var expressions = RuleExpressions.From(new(loopback));
        return StartsWith(rest, expressions) ? (loopback, expressions.Count) : Foreign(rest);
    }

    private static (Statement Statement, int Length)? ReadTcpSyn(ReadOnlySpan<NfExpression> rest)
    {
        var syn = new Statement.TcpSyn();
        var expressions = RuleExpressions.From(new(syn));
        return StartsWith(rest, expressions) ? (syn, expressions.Count) : null;
    }

    private static (Statement Statement, int Length)? ReadIcmpV6Type(ReadOnlySpan<NfExpression> rest)
    {
        var (at, load) = (LoadIcmpV6Type.Length, LoadIcmpV6Type);
        if (rest.Length <= at || !StartsWith(rest, load) || rest[at] is not CompareExpression { Value.Length: 1 } low)
            return null;
        var high = low.Operator == CompareOperator.Equal ? low : rest.Length > at + 1 ? rest[at + 1] as CompareExpression : null;
        if (high is not { Value.Length: 1 })
            return null;
        var types = new Statement.IcmpV6Type(low.Value.Span[0], high.Value.Span[0]);
        var expressions = RuleExpressions.From(new(types));
        return StartsWith(rest, expressions) ? (types, expressions.Count) : null;
    }

    private static (Statement Statement, int Length)? ReadLookup(ReadOnlySpan<NfExpression> rest)
    {
        foreach (var (key, loads) in Keys)
        {
            if (rest.Length <= loads.Count || rest[loads.Count] is not LookupExpression { Source: NfRegister.R1, Inverted: false } lookup || !StartsWith(rest, loads))
                continue;
            if (lookup.Destination is null)
                return (new Statement.InSet(key, lookup.Set), loads.Count + 1);
            if (lookup.Destination == NfRegister.Verdict)
                return (new Statement.VerdictMap(key, lookup.Set), loads.Count + 1);
        }
        return null;
    }

    private static bool IsFlow(PacketField field) => field is PacketField.IpFlow or PacketField.Ip6Flow;

    private static bool StartsWith(ReadOnlySpan<NfExpression> expressions, IReadOnlyList<NfExpression> start)
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
