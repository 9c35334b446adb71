using NetPol.Cli.CommandLine;
using NetPol.Cli.Matrices;

namespace NetPol.Cli.Services;

/// <summary>A pod behind a Service, and the port on which a connection reaches it.</summary>
internal sealed record ServiceTarget(Endpoint Pod, ProbePort Port);
