using System.Text;
using NetPol.Model;
using NetPol.Model.Diagnostics;
using Spectre.Console;

namespace NetPol.Cli.Infrastructure;

/// <summary>Creates consoles. They use colors and fit the width only on a terminal, and use no colors when NO_COLOR is set (no-color.org).</summary>
internal static class Terminal
{
    private const int Unlimited = 1_000_000;

    public static bool ErrorIsTerminal => !Console.IsErrorRedirected;

    public static IAnsiConsole Out() => Create(Console.Out, Console.IsOutputRedirected);

    public static IAnsiConsole Error() => Create(Console.Error, Console.IsErrorRedirected);

    private static IAnsiConsole Create(TextWriter writer, bool redirected)
    {
        var plain = redirected || !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = plain ? AnsiSupport.No : AnsiSupport.Detect,
            ColorSystem = plain ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
            Interactive = InteractionSupport.No,
        });
        if (redirected)
            console.Profile.Width = Unlimited;
        return console;
    }
}

/// <summary>Prints diagnostics in the format of compilers, so that editors find the line: <c>file:line: object: field: message</c>.</summary>
internal static class DiagnosticText
{
    /// <summary>Prints one line per diagnostic, in the given order. Warnings are marked as such.</summary>
    /// <param name="console">The destination.</param>
    /// <param name="diagnostics">The diagnostics.</param>
    /// <param name="withCodes">Whether each line ends with the diagnostic's code, which is its name in the documentation and in <c>--ignore</c>.</param>
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

    /// <summary>Returns the count with its noun: <c>1 error</c>, <c>2 errors</c>.</summary>
    public static string Count(int count, string noun) => count == 1 ? $"1 {noun}" : $"{count} {Plural(noun)}";

    public static string Plural(string noun) => noun.EndsWith('y') ? $"{noun[..^1]}ies" : $"{noun}s";

    private static void WriteLine(IAnsiConsole console, Diagnostic diagnostic, string style, string message, bool withCode)
    {
        var place = (diagnostic with { Message = "" }).ToString();
        // Bypass Spectre's layout, which would wrap the line at the terminal's width.
        console.Profile.Out.Writer.Flush();
        console.Markup($"{(place.Length == 0 ? "" : $"[bold]{Markup.Escape(place)}[/]: ")}[{style}]{Markup.Escape(message)}[/]{(withCode ? $" [dim]{Markup.Escape($"[{diagnostic.Code}]")}[/]" : "")}\n");
    }
}

/// <summary>A progress line on standard error that each update replaces and the end clears. Prints nothing when standard error is not a terminal.</summary>
internal sealed class ProgressLine : IDisposable
{
    private readonly bool _visible = Terminal.ErrorIsTerminal;
    private readonly Lock _lock = new();
    private bool _shown;

    public void Show(string text)
    {
        if (!_visible)
            return;
        lock (_lock)
        {
            Console.Error.Write($"\r\e[2K{text}");
            _shown = true;
        }
    }

    /// <summary>Returns a callback for shares from 0 to 1. It updates the line at each further percent.</summary>
    public Action<double> ShowShare(string text)
    {
        var reported = 0;
        return share =>
        {
            if ((int)(share * 100) is var percent && percent > reported)
                Show($"{text}, {reported = percent} %");
        };
    }

    public void Clear()
    {
        lock (_lock)
        {
            if (_shown)
                Console.Error.Write("\r\e[2K");
            _shown = false;
        }
    }

    public void Dispose() => Clear();
}

/// <summary>Escapes invisible characters and bidirectional controls in everything it writes (<see cref="VisibleText.EscapeOutput"/>).</summary>
internal sealed class EscapingWriter(TextWriter inner) : TextWriter(inner.FormatProvider)
{
    public override Encoding Encoding => inner.Encoding;

    public override void Write(char value)
    {
        // Surrogates arrive one at a time; only the pair is a character.
        if (char.IsSurrogate(value))
            inner.Write(value);
        else
            Write([value]);
    }

    public override void Write(char[] buffer, int index, int count) => Write(buffer.AsSpan(index, count));

    public override void Write(string? value) => Write(value.AsSpan());

    public override void Write(ReadOnlySpan<char> buffer)
    {
        if (VisibleText.NeedsOutputEscaping(buffer))
            inner.Write(VisibleText.EscapeOutput(buffer));
        else
            inner.Write(buffer);
    }

    public override void Flush() => inner.Flush();
}
