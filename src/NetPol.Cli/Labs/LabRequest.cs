using NetPol.Cli.CommandLine;
using NetPol.Cli.Inputs;
using NetPol.Model;

namespace NetPol.Cli.Labs;

/// <summary>What a person asked a lab for, as given.</summary>
internal sealed record LabRequest(Manifests Manifests, ProbePort[] Ports, IpAddress[] Addresses, int? Nodes);
