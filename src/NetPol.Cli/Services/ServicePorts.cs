using NetPol.Cli.CommandLine;
using NetPol.Kubernetes.Services;
using NetPol.Model;

namespace NetPol.Cli.Services;

/// <summary>The ports of a Service, and the addresses on which it serves them.</summary>
internal static class ServicePorts
{
    /// <summary>The port of that number or name. Nothing translates the port of a headless Service: there any number is one, and such a port has no name.</summary>
    /// <exception cref="CommandException">The Service has no such port.</exception>
    public static ServicePort Choose(Service service, string text)
    {
        var isNumber = ProbePort.TryParse(text, out var asked);
        if (service.IsHeadless && isNumber && asked.Protocol.HasPorts())
            return new(null, asked.Protocol, asked.Number, asked.Number, null);
        return service.Ports.FirstOrDefault(p => isNumber ? p.Protocol == asked.Protocol && p.Number == asked.Number : string.Equals(p.Name, text, StringComparison.Ordinal))
            ?? throw new CommandException($"--port {text}: the Service {service.Id} has no such port; it has {(service.Ports.IsEmpty ? "none" : string.Join(", ", service.Ports))}");
    }

    /// <summary>Whether a connection to the Service can go to an address of this family: none changes its family on the way.</summary>
    public static bool Serves(Service service, IpFamily family) => service.Addresses.IsEmpty || service.Addresses.Any(a => a.Family == family);
}
