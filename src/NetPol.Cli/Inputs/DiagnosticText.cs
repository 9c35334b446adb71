using NetPol.Model.Diagnostics;
using Spectre.Console;

namespace NetPol.Cli.Inputs;

/// <summary>Diagnostics as compilers write them, so that editors find the place: <c>file:line: object: field: message</c>.</summary>
internal static class DiagnosticText
{
    /// <summary>One line each, in the given order; what is only a warning says so.</summary>
    /// <param name="console">Where to.</param>
    /// <param name="diagnostics">The diagnostics.</param>
    /// <param name="withCodes">Whether a line ends with the code of its diagnostic, by which it is documented and suppressed.</param>
    public static void Write(IAnsiConsole console, IEnumerable<Diagnostic> diagnostics, bool withCodes = false)
    {
        foreach (var diagnostic in diagnostics)
        {
            if (diagnostic.Severity == Severity.Error)
                WriteLine(console, diagnostic, "red", diagnostic.Message, withCodes);
            else
                WriteLine(console, diagnostic, "yellow", $"warning: {diagnostic.Message}", withCodes);
        }
    }

    /// <summary><c>1 error</c>, <c>2 errors</c>.</summary>
    public static string Count(int count, string noun) => count == 1 ? $"1 {noun}" : $"{count} {Plural(noun)}";

    public static string Plural(string noun) => noun.EndsWith('y') ? $"{noun[..^1]}ies" : $"{noun}s";

    private static void WriteLine(IAnsiConsole console, Diagnostic diagnostic, string style, string message, bool withCode)
    {
        var place = (diagnostic with { Message = "" }).ToString();
        // Not through Spectre's layout, which would break the line at the terminal's width.
        console.Profile.Out.Writer.Flush();
        console.Markup($"{(place.Length == 0 ? "" : $"[bold]{Markup.Escape(place)}[/]: ")}[{style}]{Markup.Escape(message)}[/]{(withCode ? $" [dim]{Markup.Escape($"[{diagnostic.Code}]")}[/]" : "")}\n");
    }
}
