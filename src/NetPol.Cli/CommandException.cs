namespace NetPol.Cli;

/// <summary>The command cannot answer. The message says why, and what to write or to have instead.</summary>
internal sealed class CommandException(string message) : Exception(message);
