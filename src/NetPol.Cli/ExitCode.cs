namespace NetPol.Cli;

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
