using NetPol.Cli.CommandLine;
using NetPol.Model.Rules;

namespace NetPol.Cli.Matrices;

/// <summary>One question and its answer.</summary>
/// <param name="From">Who connects.</param>
/// <param name="To">To whom.</param>
/// <param name="Port">Where.</param>
/// <param name="Connection">The same as it is on the wire.</param>
/// <param name="Verdict">What the policies say.</param>
internal sealed record MatrixEntry(Endpoint From, Endpoint To, ProbePort Port, Connection Connection, ConnectionVerdict Verdict)
{
    /// <summary>The Service through which the connection goes; null without one.</summary>
    public string? Service { get; init; }
}
