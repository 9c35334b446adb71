using System.Globalization;

namespace NetPol.Model.Rules;

/// <summary>The identity of peers that the rules of an enforcement point cannot tell apart: a hash of what the rules match in them, equal on every node and in every run. Written as 32 hexadecimal digits.</summary>
public readonly record struct ClassId(UInt128 Value) : IComparable<ClassId>
{
    public static bool operator <(ClassId left, ClassId right) => left.Value < right.Value;

    public static bool operator >(ClassId left, ClassId right) => left.Value > right.Value;

    public static bool operator <=(ClassId left, ClassId right) => left.Value <= right.Value;

    public static bool operator >=(ClassId left, ClassId right) => left.Value >= right.Value;

    public int CompareTo(ClassId other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString("x32", CultureInfo.InvariantCulture);
}
