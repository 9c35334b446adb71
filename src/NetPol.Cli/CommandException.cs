namespace NetPol.Cli;

/// <summary>The command ends here, and the message tells the person why and what to write or to have instead.</summary>
internal sealed class CommandException(string message, int exitCode = ExitCode.Usage) : Exception(message)
{
    public int ExitCode { get; } = exitCode;
}
