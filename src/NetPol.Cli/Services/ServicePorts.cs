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
        return Find(service, text) ?? OfNodePort(service, text)
            ?? throw new CommandException($"--port {text}: the Service {service.Id} has no such port; it has {(service.Ports.IsEmpty ? "none" : string.Join(", ", service.Ports))}");
    }

    /// <summary>The port with that number or name; null when there is none.</summary>
    public static ServicePort? Find(Service service, string text)
    {
        var isNumber = ProbePort.TryParse(text, out var asked);
        return service.Ports.FirstOrDefault(p => isNumber ? p.Protocol == asked.Protocol && p.Number == asked.Number : string.Equals(p.Name, text, StringComparison.Ordinal));
    }

    /// <summary>The port that nodes offer under that number; null when there is none.</summary>
    public static ServicePort? FindNodePort(Service service, ProbePort asked) =>
        service.Ports.FirstOrDefault(p => p.Protocol == asked.Protocol && p.NodePort == asked.Number);

    private static ServicePort? OfNodePort(Service service, string text)
    {
        if (!ProbePort.TryParse(text, out var asked) || FindNodePort(service, asked) is not { } port)
            return null;
        Console.Error.WriteLine($"note: {asked} is the node port of {port}");
        return port;
    }

    /// <summary>Whether a connection to the Service can go to an address of this family: none changes its family on the way.</summary>
    public static bool Serves(Service service, IpFamily family) => service.Addresses.IsEmpty || service.Addresses.Any(a => a.Family == family);
}
