using System.Text;
using NetPol.Model;
using NetPol.Model.Diagnostics;
using Spectre.Console;

namespace NetPol.Cli.Infrastructure;

/// <summary>Consoles that are coloured and cut to width on a terminal only, and colourless where NO_COLOR is set (no-color.org).</summary>
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

/// <summary>One line on standard error that says what takes so long, replaced in place and gone at the end. Silent where standard error is no terminal.</summary>
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

    /// <summary>Takes shares from 0 to 1 and shows them behind the text, whenever another hundredth is done.</summary>
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

/// <summary>Writes what it is given, with characters that show nothing or turn text around escaped (<see cref="VisibleText.EscapeOutput"/>), whoever they come from.</summary>
internal sealed class EscapingWriter(TextWriter inner) : TextWriter(inner.FormatProvider)
{
    public override Encoding Encoding => inner.Encoding;

    public override void Write(char value)
    {
        // The halves of a pair come one after the other: alone, neither is a character.
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
