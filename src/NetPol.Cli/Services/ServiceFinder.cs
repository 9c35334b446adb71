using NetPol.Cli.CommandLine;
using NetPol.Cli.Inputs;
using NetPol.Cli.Matrices;
using NetPol.Cli.Output;
using NetPol.Kubernetes;
using NetPol.Kubernetes.Services;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Diagnostics;

namespace NetPol.Cli.Services;

/// <summary>Finds a Service and the pods behind it.</summary>
internal static class ServiceFinder
{
    /// <summary>The Service of the files, else that of the cluster, which is asked for this one alone.</summary>
    /// <exception cref="CommandException">There is none, it cannot be read, or nobody knows its pods.</exception>
    public static async Task<Service> FindAsync(ServiceName name, LoadedManifests loaded, WorldSource source, CancellationToken cancel)
    {
        var found = loaded.Services.FirstOrDefault(s => string.Equals(s.Id, name.ToString(), StringComparison.Ordinal));
        if (found is null && source.Cluster is { } cluster)
        {
            using var api = cluster.Open();
            found = await cluster.AskAsync(() => LiveServices.ReadAsync(api, name.Namespace, name.Name, cancel));
        }
        if (found is null)
            throw new CommandException($"--to: there is no Service {name}{Known(loaded)}");
        DiagnosticText.Write(Screen.Error(), found.Faults);
        if (found.Faults.Any(f => f.Severity == Severity.Error))
            throw new CommandException($"the Service {name} has errors: nothing was done", ExitCode.Failure);
        if (found.ExternalName is { } host)
            throw new CommandException($"the Service {name} stands for the name {host} outside the cluster: ask for one of the addresses of that name");
        if (found.Pods is null)
            throw new CommandException($"the Service {name} has no selector, so its endpoints are written by hand: ask for one of their addresses");
        return found;
    }

    /// <summary>Every pod that the Service selects and that has an address, with its own port.</summary>
    /// <exception cref="CommandException">The Service has no such port, or no pod has it.</exception>
    public static IReadOnlyList<ServiceTarget> Targets(Service service, string port, ClusterSnapshot world)
    {
        var chosen = Choose(service, port);
        var pods = world.Pods.Where(p => string.Equals(p.Id.Namespace, service.Namespace, StringComparison.Ordinal) && !p.Finished && service.Pods!.Matches(p.Labels)).ToList();
        var targets = new List<ServiceTarget>();
        foreach (var pod in pods)
        {
            ValueArray<IpAddress> addresses = [.. pod.Addresses.Where(a => service.Addresses.IsEmpty || service.Addresses.Any(s => s.Family == a.Family))];
            if (addresses.IsEmpty)
                continue;
            if (Target(chosen, pod) is { } number)
                targets.Add(new(Endpoint.Of(pod) with { Addresses = addresses }, new(chosen.Protocol, number)));
            else
                Console.Error.WriteLine($"note: {pod.Id} declares no port {chosen.TargetName}/{chosen.Protocol.Name()}, so the Service sends nothing to it");
        }
        return targets.Count > 0
            ? targets
            : throw new CommandException(pods.Count == 0
                ? $"the Service {service.Id} selects no pod: none in {service.Namespace} has the labels {service.Pods}"
                : $"the Service {service.Id} has no pod that a connection could go to");
    }

    /// <summary>Nothing translates the port of a headless Service: there any number is one.</summary>
    private static ServicePort Choose(Service service, string text)
    {
        var isNumber = ProbePort.TryParse(text, out var asked);
        if (service.IsHeadless && isNumber && asked.Protocol.HasPorts())
            return new(null, asked.Protocol, asked.Number, asked.Number, null);
        return service.Ports.FirstOrDefault(p => isNumber ? p.Protocol == asked.Protocol && p.Number == asked.Number : string.Equals(p.Name, text, StringComparison.Ordinal))
            ?? throw new CommandException($"--port {text}: the Service {service.Id} has no such port; it has {(service.Ports.IsEmpty ? "none" : string.Join(", ", service.Ports))}");
    }

    private static ushort? Target(ServicePort port, Pod pod) => port.TargetName is { } name
        ? pod.Ports.FirstOrDefault(p => string.Equals(p.Name, name, StringComparison.Ordinal) && p.Protocol == port.Protocol)?.Number
        : port.Target;

    private static string Known(LoadedManifests loaded) =>
        loaded.Services.IsEmpty ? "" : $"; there are {string.Join(", ", loaded.Services.Select(s => s.Id).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Take(8))}";
}
