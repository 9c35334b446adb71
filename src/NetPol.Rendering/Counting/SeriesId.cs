using System.Globalization;

namespace NetPol.Rendering.Counting;

/// <summary>Names a <see cref="Series"/> by the hash of its labels, the same in every run. Written as 32 hexadecimal digits.</summary>
public readonly record struct SeriesId(UInt128 Value) : IComparable<SeriesId>
{
    /// <summary>Characters of the short form.</summary>
    internal const int ShortLength = 20;

    private const int TextLength = 32;
    private const int Base = 85;
    private const char Zero = '(';

    public static bool operator <(SeriesId left, SeriesId right) => left.Value < right.Value;

    public static bool operator >(SeriesId left, SeriesId right) => left.Value > right.Value;

    public static bool operator <=(SeriesId left, SeriesId right) => left.Value <= right.Value;

    public static bool operator >=(SeriesId left, SeriesId right) => left.Value >= right.Value;

    public int CompareTo(SeriesId other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString("x32", CultureInfo.InvariantCulture);

    /// <summary>The id in 20 characters of ASCII: digits to the base 85 from <c>(</c> on, the highest first.</summary>
    internal string ToShortString() => string.Create(ShortLength, Value, static (text, value) =>
    {
        for (var i = text.Length - 1; i >= 0; i--)
            (value, text[i]) = (value / Base, (char)(Zero + (int)(value % Base)));
    });

    /// <summary>Reads the short form; null when it is none.</summary>
    internal static SeriesId? ParseShort(ReadOnlySpan<char> text)
    {
        if (text.Length != ShortLength)
            return null;
        UInt128 value = 0;
        foreach (var character in text)
        {
            if (character is < Zero or >= (char)(Zero + Base) || value > (UInt128.MaxValue - (UInt128)(character - Zero)) / Base)
                return null;
            value = (value * Base) + (UInt128)(character - Zero);
        }
        return new(value);
    }

    internal static SeriesId? Parse(ReadOnlySpan<char> text) =>
        text.Length == TextLength && UInt128.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value) ? new(value) : null;
}
