using System.CommandLine;
using NetPol.Cli.Labs;
using NetPol.Model;

namespace NetPol.Cli.CommandLine;

/// <summary>The options of the commands that make a lab.</summary>
internal sealed class LabOptions
{
    private readonly ManifestOptions _manifests = new(isRequired: true);
    private readonly Option<ProbePort[]> _ports = SharedOptions.Ports("A port to try: 80/TCP, 53/UDP, 7777/SCTP or ICMP. Can be repeated. Without it: every port that a pod declares.");
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
        _manifests.Read(result, new(null, null)), result.GetValue(_ports) ?? [], result.GetValue(_addresses) ?? [], result.GetValue(_nodes));
}
