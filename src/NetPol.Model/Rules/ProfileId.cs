using System.Globalization;

namespace NetPol.Model.Rules;

/// <summary>The id of a <see cref="PortProfile"/>: a hash of its content, equal on every node and in every run. Written as 32 hexadecimal digits.</summary>
public readonly record struct ProfileId(UInt128 Value) : IComparable<ProfileId>
{
    public static bool operator <(ProfileId left, ProfileId right) => left.Value < right.Value;

    public static bool operator >(ProfileId left, ProfileId right) => left.Value > right.Value;

    public static bool operator <=(ProfileId left, ProfileId right) => left.Value <= right.Value;

    public static bool operator >=(ProfileId left, ProfileId right) => left.Value >= right.Value;

    public int CompareTo(ProfileId other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString("x32", CultureInfo.InvariantCulture);
}
