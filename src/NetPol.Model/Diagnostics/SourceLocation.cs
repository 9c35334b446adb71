namespace NetPol.Model.Diagnostics;

/// <summary>A place in an input. <paramref name="File"/> is <c>-</c> for standard input; <paramref name="Line"/> counts from 1, 0 when there is no line.</summary>
public readonly record struct SourceLocation(string File, int Line) : IComparable<SourceLocation>
{
    public static bool operator <(SourceLocation left, SourceLocation right) => left.CompareTo(right) < 0;

    public static bool operator >(SourceLocation left, SourceLocation right) => left.CompareTo(right) > 0;

    public static bool operator <=(SourceLocation left, SourceLocation right) => left.CompareTo(right) <= 0;

    public static bool operator >=(SourceLocation left, SourceLocation right) => left.CompareTo(right) >= 0;

    public int CompareTo(SourceLocation other)
    {
        var byFile = string.CompareOrdinal(File, other.File);
        return byFile != 0 ? byFile : Line.CompareTo(other.Line);
    }

    public override string ToString() => Line == 0 ? File : $"{File}:{Line}";
}
