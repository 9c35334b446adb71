namespace NetPol.Cli.Infrastructure;

/// <summary>The exit codes of all commands, as docs/reference/exit-codes.md lists them.</summary>
internal static class ExitCode
{
    /// <summary>The command answered, and there is nothing to act on.</summary>
    public const int Success = 0;

    /// <summary>The command answered, and there is something to act on: errors, differences, unused rules, nodes or packets that disagree.</summary>
    public const int Found = 1;

    /// <summary>The command did not answer: wrong options, input with errors, a cluster that does not answer, no root.</summary>
    public const int NoAnswer = 2;

    /// <summary>An error in netpol itself (EX_SOFTWARE of sysexits.h).</summary>
    public const int InternalError = 70;

    /// <summary>Ended by Ctrl-C, as shells count it.</summary>
    public const int Interrupted = 130;
}

/// <summary>The command cannot answer. The message says why, and what to write or to have instead.</summary>
internal sealed class CommandException(string message) : Exception(message);

/// <summary>The values of <c>-o</c>; a command accepts some of them.</summary>
internal enum OutputFormat
{
    Text,
    Table,
    Json,
    Yaml,
    Html,
}
