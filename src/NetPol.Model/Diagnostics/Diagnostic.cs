namespace NetPol.Model.Diagnostics;

/// <summary>An error or warning about user input. Never thrown as an exception.</summary>
/// <param name="Code">A stable name in kebab-case, such as <c>invalid-cidr</c>.</param>
/// <param name="Severity">An error makes the input unusable; a warning does not.</param>
/// <param name="Location">The place in the input, if known.</param>
/// <param name="Subject">The object as <c>Kind namespace/name</c>. Empty when the problem is not in an object.</param>
/// <param name="Field">The field's path, such as <c>spec.ingress[0].from[1].ipBlock.cidr</c>; empty for the whole object.</param>
/// <param name="Message">What is wrong and what to write instead.</param>
public sealed record Diagnostic(
    string Code, Severity Severity, SourceLocation? Location, string Subject, string Field, string Message)
{
    /// <summary>The object as <c>Kind namespace/name</c>, as <see cref="VisibleText"/>. Empty when the problem is not in an object.</summary>
    public string Subject { get; init => field = VisibleText.Escape(value); } = VisibleText.Escape(Subject);

    /// <summary>The field's path, as <see cref="VisibleText"/>; empty for the whole object.</summary>
    public string Field { get; init => field = VisibleText.Escape(value); } = VisibleText.Escape(Field);

    /// <summary>What is wrong and what to write instead, as <see cref="VisibleText"/>: it may quote what a user wrote.</summary>
    public string Message { get; init => field = VisibleText.Escape(value); } = VisibleText.Escape(Message);

    /// <summary>
    /// The API servers that refuse an object that NetPol accepts, such as <c>Kubernetes 1.36 and later</c>. Null if none does or the severity implies it.
    /// </summary>
    public string? RefusedBy { get; init; }

    /// <summary><c>file:line: object: field: message</c>, without the parts that are not known.</summary>
    public override string ToString() =>
        string.Join(": ", new[] { Location?.ToString() ?? "", Subject, Field, Message }.Where(part => part.Length > 0));
}

public enum Severity
{
    Warning,
    Error,
}

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
