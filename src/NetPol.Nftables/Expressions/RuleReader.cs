using System.Runtime.InteropServices;

namespace NetPol.Nftables.Expressions;

/// <summary>The statements that expressions were made of; what was not made here becomes <see cref="Statement.Foreign"/>.</summary>
internal static class RuleReader
{
    /// <summary>The statements without a parameter, and all forms of those with few.</summary>
    private static readonly (Statement Statement, IReadOnlyList<NfExpression> Expressions)[] Constants =
    [
        .. ((Statement[])
        [
            new Statement.FromLoopback(), new Statement.TcpSyn(), new Statement.NoRouteToSource(ByInputInterface: true), new Statement.NoRouteToSource(ByInputInterface: false),
            new Statement.HasIpOptions(), new Statement.IpOption(IpOptionType.LooseSourceRoute), new Statement.IpOption(IpOptionType.StrictSourceRoute), new Statement.SegmentsLeft(),
            new Statement.LinkLocalSource(), new Statement.HopLimitBelow255(),
        ]).Select(s => (s, RuleExpressions.From(new(s)))),
    ];

    /// <summary>Every key that can be looked up, with the expressions that load it.</summary>
    private static readonly (LookupKey Key, IReadOnlyList<NfExpression> Loads)[] Keys =
    [
        .. from first in Enum.GetValues<PacketField>()
           from second in Enum.GetValues<PacketField>().Select(f => (PacketField?)f).Prepend(null)
           where second is null || IsConcatenation(first, second.Value)
           let key = new LookupKey(first, second)
           select (key, RuleExpressions.Load(key)),
    ];

    public static Rule Read(RuleMessage rule)
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
        ImmediateExpression { Verdict: { Code: not VerdictCode.Foreign } decided } => (new Statement.Decide(decided), 1),
        ObjectReferenceExpression reference when reference == ObjectReferenceExpression.Counter(reference.Name) => (new Statement.Count(reference.Name), 1),
        LimitExpression { Unit: RuleExpressions.Second, Bytes: false, Inverted: false } limit => (new Statement.Limit(limit.Rate, limit.Burst), 1),
        LogExpression { Group: { } group, QueueThreshold: 0 } log => (new Statement.Log(log.Prefix, group, log.SnapLength), 1),
        ConntrackExpression { Key: ConntrackKey.State, Destination: NfRegister.R1, Direction: null } => ReadCtState(rest),
        _ => ReadConstant(rest) ?? ReadIcmp(rest, (first, last) => new Statement.IcmpType(first, last)) ?? ReadIcmp(rest, (first, last) => new Statement.IcmpV6Type(first, last)) ??
            ReadLookup(rest) ?? FrameExpressions.Read(rest) ?? Foreign(rest),
    };

    private static (Statement Statement, int Length) Foreign(ReadOnlySpan<NfExpression> rest) => (new Statement.Foreign(rest[0].ToString()), 1);

    private static (Statement Statement, int Length) ReadCtState(ReadOnlySpan<NfExpression> rest)
    {
        if (rest.Length < 3 || rest[1] is not BitwiseExpression { Mask: { Length: sizeof(uint) } mask })
            return Foreign(rest);
        var state = new Statement.CtState((CtStates)MemoryMarshal.Read<uint>(mask.Span));
        return StartsWith(rest, RuleExpressions.From(new(state))) ? (state, 3) : Foreign(rest);
    }

    private static (Statement Statement, int Length)? ReadConstant(ReadOnlySpan<NfExpression> rest)
    {
        foreach (var (statement, expressions) in Constants)
        {
            if (StartsWith(rest, expressions))
                return (statement, expressions.Count);
        }
        return null;
    }

    private static (Statement Statement, int Length)? ReadIcmp(ReadOnlySpan<NfExpression> rest, Func<byte, byte, Statement> types)
    {
        // Family, protocol and the type itself are loaded before the first comparison with a type.
        const int At = 5;
        if (rest.Length <= At || rest[At] is not CompareExpression { Value.Length: 1 } low)
            return null;
        var high = low.Operator == CompareOperator.Equal ? low : rest.Length > At + 1 ? rest[At + 1] as CompareExpression : null;
        if (high is not { Value.Length: 1 })
            return null;
        var statement = types(low.Value.Span[0], high.Value.Span[0]);
        var expressions = RuleExpressions.From(new(statement));
        return StartsWith(rest, expressions) ? (statement, expressions.Count) : null;
    }

    private static (Statement Statement, int Length)? ReadLookup(ReadOnlySpan<NfExpression> rest)
    {
        foreach (var (key, loads) in Keys)
        {
            if (rest.Length <= loads.Count || rest[loads.Count] is not LookupExpression { Source: NfRegister.R1 } lookup || !StartsWith(rest, loads))
                continue;
            if (lookup.Destination is null)
                return (new Statement.InSet(key, lookup.Set, lookup.Inverted), loads.Count + 1);
            if (lookup is { Destination: NfRegister.Verdict, Inverted: false })
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
