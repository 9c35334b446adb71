using System.Buffers.Binary;

namespace NetPol.Nftables.Expressions;

/// <summary>Statements about frames as the kernel's expressions, and back.</summary>
internal static class FrameCodec
{
    private static readonly (FrameField Field, Expression Load)[] Fields = [.. Enum.GetValues<FrameField>().Select(f => (f, Load(f, Register.R1)))];

    public static IEnumerable<Expression> Encode(Statement.FrameMatch match)
    {
        yield return Load(match.Field, Register.R1);
        if (match.First == match.Last)
        {
            yield return Compare(match.Field, match.Inverted ? CompareOperator.NotEqual : CompareOperator.Equal, match.First);
            yield break;
        }
        if (match.Inverted)
            throw new InvalidOperationException($"{match} cannot be written: it excludes a range");
        yield return Compare(match.Field, CompareOperator.GreaterOrEqual, match.First);
        yield return Compare(match.Field, CompareOperator.LessOrEqual, match.Last);
    }

    public static IEnumerable<Expression> Encode(Statement.FrameLookup inSet)
    {
        yield return Load(inSet.First, Register.R1);
        // Only names stand before another field, and they fill the first register.
        if (inSet.Second is { } second)
            yield return FrameText.SizeOf(inSet.First) == 16 ? Load(second, Register.R2) : throw new InvalidOperationException($"{inSet} cannot be written");
        yield return new LookupExpression(inSet.Set, Register.R1);
    }

    /// <returns>Null when the expressions do not start with a statement about frames.</returns>
    public static (Statement Statement, int Length)? Decode(ReadOnlySpan<Expression> rest)
    {
        var (first, load) = (rest[0], rest.Length > 1 ? rest[1] : null);
        foreach (var (field, _) in Fields.Where(f => f.Load == first))
        {
            if (load is LookupExpression { Source: Register.R1, Destination: null, Inverted: false } plain)
                return (new Statement.FrameLookup(field, null, plain.Set), 2);
            if (load is CompareExpression compare && ReadCompare(field, compare, rest) is { } read)
                return read;
            if (rest.Length > 2 && rest[2] is LookupExpression { Source: Register.R1, Destination: null, Inverted: false } lookup)
            {
                foreach (var (second, _) in Fields.Where(f => Load(f.Field, Register.R2) == load))
                    return (new Statement.FrameLookup(field, second, lookup.Set), 3);
            }
        }
        return null;
    }

    private static (Statement Statement, int Length)? ReadCompare(FrameField field, CompareExpression compare, ReadOnlySpan<Expression> rest)
    {
        if (compare.Source != Register.R1 || compare.Value.Length != FrameText.SizeOf(field))
            return null;
        var value = Number(compare.Value);
        if (compare.Operator is CompareOperator.Equal or CompareOperator.NotEqual)
            return (new Statement.FrameMatch(field, value, compare.Operator == CompareOperator.NotEqual), 2);
        if (compare.Operator == CompareOperator.GreaterOrEqual && rest.Length > 2 &&
            rest[2] is CompareExpression { Source: Register.R1, Operator: CompareOperator.LessOrEqual } last && last.Value.Length == compare.Value.Length)
            return (new Statement.FrameMatch(field, value, Number(last.Value)), 3);
        return null;
    }

    private static CompareExpression Compare(FrameField field, CompareOperator by, UInt128 value)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, value);
        return new(Register.R1, by, new(bytes[(16 - FrameText.SizeOf(field))..]));
    }

    private static UInt128 Number(RegisterValue value)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes.Clear();
        value.Span.CopyTo(bytes[(16 - value.Length)..]);
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    private static Expression Load(FrameField field, Register register)
    {
        var size = (uint)FrameText.SizeOf(field);
        return field switch
        {
            FrameField.EtherType => new PayloadExpression(register, PayloadBase.LinkHeader, 12, size),
            FrameField.InputKind => new MetaExpression(register, MetaKey.InputInterfaceKind),
            FrameField.InputName => new MetaExpression(register, MetaKey.InputInterfaceName),
            FrameField.OutputName => new MetaExpression(register, MetaKey.OutputInterfaceName),
            FrameField.IpSource => new PayloadExpression(register, PayloadBase.NetworkHeader, 12, size),
            FrameField.IpDestination => new PayloadExpression(register, PayloadBase.NetworkHeader, 16, size),
            FrameField.Ip6Source => new PayloadExpression(register, PayloadBase.NetworkHeader, 8, size),
            FrameField.Ip6Destination => new PayloadExpression(register, PayloadBase.NetworkHeader, 24, size),
            FrameField.ArpOperation => new PayloadExpression(register, PayloadBase.NetworkHeader, 6, size),
            FrameField.ArpSender => new PayloadExpression(register, PayloadBase.NetworkHeader, 14, size),
            FrameField.L4Protocol => new MetaExpression(register, MetaKey.L4Protocol),
            FrameField.IcmpV6Type => new PayloadExpression(register, PayloadBase.TransportHeader, 0, size),
            FrameField.NeighborTarget => new PayloadExpression(register, PayloadBase.TransportHeader, 8, size),
            FrameField.UdpSource => new PayloadExpression(register, PayloadBase.TransportHeader, 0, size),
            FrameField.UdpDestination => new PayloadExpression(register, PayloadBase.TransportHeader, 2, size),
            _ => throw new ArgumentOutOfRangeException(nameof(field)),
        };
    }
}
