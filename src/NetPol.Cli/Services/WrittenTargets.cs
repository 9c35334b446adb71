using NetPol.Kubernetes.Services;
using NetPol.Model;

namespace NetPol.Cli.Services;

/// <summary>Follows a Service whose endpoints are written by hand.</summary>
internal static class WrittenTargets
{
    /// <summary>Every endpoint, ready or not, on the port that its own slice has for that of the Service: pods by id, then other addresses.</summary>
    /// <exception cref="CommandException">The Service has no such port, or no endpoint has it.</exception>
    public static IReadOnlyList<ServiceTarget> Of(Service service, string port, IReadOnlyList<ServiceEndpoints> written, EndpointOwners owners)
    {
        var chosen = ServicePorts.Choose(service, port);
        var targets = new List<ServiceTarget>();
        foreach (var part in written)
        {
            if (!part.HostNames.IsEmpty)
                Console.Error.WriteLine($"note: {part} holds host names, which are left out: {string.Join(", ", part.HostNames)}");
            foreach (var subset in part.Subsets)
            {
                var served = subset.Endpoints.Where(e => ServicePorts.Serves(service, e.Address.Family)).ToList();
                Note(subset.Endpoints.Except(served), "the Service has no address of that family");
                if (Number(service, chosen, subset) is { } number)
                    targets.AddRange(served.Select(e => new ServiceTarget(owners.Find(part, e), new(chosen.Protocol, number))));
                else
                    Note(served, $"{part} gives {Named(chosen)} of the Service no number");
            }
        }
        return targets.Count > 0
            ? [.. targets.GroupBy(t => (t.Endpoint.Name, t.Port)).Select(g => Merge([.. g]))
                .OrderBy(t => t.Endpoint.Pod is null).ThenBy(t => t.Endpoint.Pod?.Id).ThenBy(t => t.Endpoint.Addresses[0]).ThenBy(t => t.Port.Number)]
            : throw new CommandException($"the Service {service.Id} has no endpoint that a connection could go to");
    }

    /// <summary>Clients of a headless Service that ask for a number connect to that.</summary>
    private static ushort? Number(Service service, ServicePort port, EndpointSubset subset) => service.IsHeadless && port.Name is null
        ? port.Number
        : subset.Ports.FirstOrDefault(p => string.Equals(p.Name, port.Name ?? "", StringComparison.Ordinal) && p.Protocol == port.Protocol)?.Number;

    private static void Note(IEnumerable<ServiceEndpoint> leftOut, string why)
    {
        if (string.Join(", ", leftOut.Select(e => e.Address)) is { Length: > 0 } addresses)
            Console.Error.WriteLine($"note: {why}, so it sends nothing to {addresses}");
    }

    private static string Named(ServicePort port) => port.Name is { Length: > 0 } name ? $"the port {name}/{port.Protocol.Name()}" : $"the {port.Protocol.Name()} port without a name";

    /// <summary>A pod of two families is in two slices.</summary>
    private static ServiceTarget Merge(IReadOnlyList<ServiceTarget> same)
    {
        var endpoint = same[0].Endpoint;
        var addresses = same.SelectMany(t => t.Endpoint.Addresses).ToHashSet();
        return same[0] with { Endpoint = endpoint with { Addresses = [.. (endpoint.Pod?.Addresses ?? endpoint.Addresses).Where(addresses.Contains)] } };
    }
}
