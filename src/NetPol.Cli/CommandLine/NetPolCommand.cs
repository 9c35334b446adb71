using System.CommandLine;

namespace NetPol.Cli.CommandLine;

/// <summary>A command with what its help shows beside the options.</summary>
/// <param name="name">The word on the command line.</param>
/// <param name="description">What it does, in one sentence.</param>
internal sealed class NetPolCommand(string name, string description) : Command(name, description)
{
    /// <summary>More about it, a sentence a line; empty for nothing.</summary>
    public string Remarks { get; init; } = "";

    /// <summary>Command lines to copy, one a line.</summary>
    public required string Examples { get; init; }
}
