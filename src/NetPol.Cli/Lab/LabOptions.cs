using System.CommandLine;
using NetPol.Cli.CommandLine;
using NetPol.Cli.Connections;
using NetPol.Cli.Input;
using NetPol.Model.Net;

namespace NetPol.Cli.Lab;

/// <summary>The options of the commands that make a lab.</summary>
internal sealed class LabOptions(GlobalOptions global)
{
    private readonly ManifestOptions _manifests = new(global, isRequired: true);
    private readonly Option<DestinationPort[]> _ports = SharedOptions.Ports("Ports, such as 80/TCP or ICMP (default: all that pods declare).");
    private readonly Option<IpAddress[]> _addresses = SharedOptions.Addresses();
    private readonly Option<int?> _nodes = SharedOptions.Nodes();

    public void AddTo(Command command)
    {
        _manifests.AddTo(command);
        command.Add(_ports);
        command.Add(_addresses);
        command.Add(_nodes);
    }

    public LabRequest Read(ParseResult result) => new(
        _manifests.Read(result), result.GetValue(_ports) ?? [], result.GetValue(_addresses) ?? [], result.GetValue(_nodes));
}

/// <summary>The options of a lab, as the user gave them.</summary>
internal sealed record LabRequest(ManifestSource Manifests, DestinationPort[] Ports, IpAddress[] Addresses, int? Nodes);
