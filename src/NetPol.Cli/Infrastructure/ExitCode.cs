namespace NetPol.Cli.Infrastructure;

/// <summary>The exit codes of all commands; docs/reference/exit-codes.md documents them.</summary>
internal static class ExitCode
{
    /// <summary>The command succeeded and found nothing to act on.</summary>
    public const int Success = 0;

    /// <summary>The command succeeded and found something to act on: errors, differences, unused rules, or nodes or packets that disagree with the policies.</summary>
    public const int Found = 1;

    /// <summary>The command failed: invalid options, input with errors, an unreachable cluster, or no root privileges.</summary>
    public const int NoAnswer = 2;

    /// <summary>An error in netpol itself (EX_SOFTWARE of sysexits.h).</summary>
    public const int InternalError = 70;

    /// <summary>Ctrl-C interrupted the command; the code follows the convention of shells.</summary>
    public const int Interrupted = 130;
}

/// <summary>Thrown when a command cannot complete. The message says why, and what the user can do.</summary>
internal sealed class CommandException(string message) : Exception(message);

/// <summary>The values of <c>-o</c>; each command accepts some of them.</summary>
internal enum OutputFormat
{
    Text,
    Table,
    Json,
    Yaml,
    Html,
}
