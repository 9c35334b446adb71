using System.Globalization;

namespace NetPol.Rendering.Counting;

/// <summary>Names a <see cref="Series"/> by the hash of its labels, the same in every run. Written as 16 hexadecimal digits.</summary>
public readonly record struct SeriesId(ulong Value) : IComparable<SeriesId>
{
    internal const int TextLength = 16;

    public static bool operator <(SeriesId left, SeriesId right) => left.Value < right.Value;

    public static bool operator >(SeriesId left, SeriesId right) => left.Value > right.Value;

    public static bool operator <=(SeriesId left, SeriesId right) => left.Value <= right.Value;

    public static bool operator >=(SeriesId left, SeriesId right) => left.Value >= right.Value;

    public int CompareTo(SeriesId other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString("x16", CultureInfo.InvariantCulture);

    internal static SeriesId? Parse(ReadOnlySpan<char> text) =>
        text.Length == TextLength && ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value) ? new(value) : null;
}
