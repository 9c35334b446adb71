using System.Globalization;

namespace NetPol.Model.Rules;

/// <summary>The id of a <see cref="Decision"/>: a hash of its content, equal on every node and in every run. Written as 32 hexadecimal digits.</summary>
public readonly record struct DecisionId(UInt128 Value) : IComparable<DecisionId>
{
    public static bool operator <(DecisionId left, DecisionId right) => left.Value < right.Value;

    public static bool operator >(DecisionId left, DecisionId right) => left.Value > right.Value;

    public static bool operator <=(DecisionId left, DecisionId right) => left.Value <= right.Value;

    public static bool operator >=(DecisionId left, DecisionId right) => left.Value >= right.Value;

    public int CompareTo(DecisionId other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString("x32", CultureInfo.InvariantCulture);
}
