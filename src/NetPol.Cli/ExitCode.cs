namespace NetPol.Cli;

/// <summary>What the process says when it ends.</summary>
internal static class ExitCode
{
    public const int Success = 0;

    /// <summary>
    /// The files have errors, or a packet did not do what the policies say. For commands that ask whether there is something (a difference, a
    /// rule that is of no use) it says that there is; what keeps those from answering is <see cref="Usage"/>.
    /// </summary>
    public const int Failure = 1;

    /// <summary>The command cannot be carried out as it was given, or not here: a wrong option, no root, no kernel support.</summary>
    public const int Usage = 2;

    /// <summary>A fault of the command itself (EX_SOFTWARE of sysexits.h).</summary>
    public const int Fault = 70;

    /// <summary>Ended by Ctrl-C, as shells count it.</summary>
    public const int Interrupted = 130;
}
