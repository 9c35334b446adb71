using System.CommandLine;
using NetPol.Cli.Labs;
using NetPol.Model;

namespace NetPol.Cli.CommandLine;

/// <summary>The options of the commands that make a lab.</summary>
internal sealed class LabOptions(GlobalOptions global)
{
    private readonly ManifestOptions _manifests = new(global, isRequired: true);
    private readonly Option<ProbePort[]> _ports = SharedOptions.Ports("Ports, such as 80/TCP or ICMP (default: all that pods declare).");
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
