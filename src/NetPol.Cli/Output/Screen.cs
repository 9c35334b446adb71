using Spectre.Console;

namespace NetPol.Cli.Output;

/// <summary>Consoles that are coloured and cut to width on a terminal only, and colourless where NO_COLOR is set (no-color.org).</summary>
internal static class Screen
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
