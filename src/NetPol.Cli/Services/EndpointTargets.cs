using NetPol.Cli.Connections;
using NetPol.Cli.Infrastructure;
using NetPol.Kubernetes.Objects;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Net;

namespace NetPol.Cli.Services;

/// <summary>Finds the owners of the addresses behind a Service.</summary>
internal sealed class EndpointOwners
{
    private readonly Dictionary<PodId, Pod> _pods;
    private readonly Dictionary<IpAddress, Pod> _byAddress = [];
    private readonly HashSet<PodId> _unplaced;

    /// <param name="written">The cluster before completion.</param>
    /// <param name="cluster">The completed cluster.</param>
    public EndpointOwners(ClusterSnapshot written, ClusterSnapshot cluster)
    {
        _pods = cluster.Pods.Where(p => !p.Finished).ToDictionary(p => p.Id);
        _unplaced = written.Pods.Where(p => p.Addresses.IsEmpty && !p.Finished).Select(p => p.Id).ToHashSet();
        foreach (var pod in cluster.Pods.Where(p => p.IsSelectable))
        {
            foreach (var address in pod.Addresses)
                _byAddress.TryAdd(address, pod);
        }
    }

    /// <summary>
    /// Returns the pod that the endpoint names, if the address is its own or its manifest has no addresses. Else returns the pod with the address, else the
    /// bare address.
    /// </summary>
    public Endpoint Find(ServiceEndpoints part, ServiceEndpoint endpoint)
    {
        var owner = _byAddress.GetValueOrDefault(endpoint.Address);
        if (endpoint.Pod is { } id)
        {
            var named = _pods.GetValueOrDefault(id);
            if (named is not null && named.Addresses.Contains(endpoint.Address))
                return Create(named, endpoint.Address);
            if (named is not null && _unplaced.Contains(id) && (owner is null || _unplaced.Contains(owner.Id)))
                return Endpoint.Create(named);
            Console.Error.WriteLine($"note: {part} says that {endpoint.Address} is the pod {id}, {(named is null ? "which is not there" : $"which has {string.Join(", ", named.Addresses)}")}: the address counts");
        }
        return owner is null ? Endpoint.Create(endpoint.Address) : Create(owner, endpoint.Address);
    }

    private static Endpoint Create(Pod pod, IpAddress address) => Endpoint.Create(pod) with { Addresses = [address] };
}

/// <summary>Finds the targets of a Service with a selector.</summary>
internal static class SelectedTargets
{
    /// <summary>Returns every selected pod that has an address, with the pod's target port.</summary>
    /// <exception cref="CommandException">The Service does not have the port, or no pod does.</exception>
    public static IReadOnlyList<ServiceTarget> Find(Service service, LabelSelector selector, string port, ClusterSnapshot cluster)
    {
        var chosen = ServicePorts.Choose(service, port);
        var pods = cluster.Pods.Where(p => string.Equals(p.Id.Namespace, service.Namespace, StringComparison.Ordinal) && !p.Finished && selector.Matches(p.Labels)).ToList();
        var targets = new List<ServiceTarget>();
        foreach (var pod in pods)
        {
            ValueArray<IpAddress> addresses = [.. pod.Addresses.Where(a => ServicePorts.Serves(service, a.Family))];
            if (addresses.IsEmpty)
                continue;
            if (Number(chosen, pod) is { } number)
                targets.Add(new(Endpoint.Create(pod) with { Addresses = addresses }, new(chosen.Protocol, number)));
            else
                Console.Error.WriteLine($"note: {pod.Id} declares no port {chosen.TargetName}/{chosen.Protocol.Name()}, so the Service sends nothing to it");
        }
        return targets.Count > 0
            ? targets
            : throw new CommandException(pods.Count == 0
                ? $"the Service {service.Id} selects no pod: none in {service.Namespace} has the labels {selector}"
                : $"the Service {service.Id} has no pod that a connection could go to");
    }

    public static ushort? Number(ServicePort port, Pod pod) => port.TargetName is { } name
        ? pod.Ports.FirstOrDefault(p => string.Equals(p.Name, name, StringComparison.Ordinal) && p.Protocol == port.Protocol)?.Number
        : port.Target;
}

/// <summary>Finds the targets of a Service without a selector, from its EndpointSlices.</summary>
internal static class EndpointSliceTargets
{
    /// <summary>Returns every endpoint, ready or not, with the port of its slice: pods by id, then other addresses.</summary>
    /// <exception cref="CommandException">The Service does not have the port, or no endpoint does.</exception>
    public static IReadOnlyList<ServiceTarget> Find(Service service, string port, IReadOnlyList<ServiceEndpoints> written, EndpointOwners owners)
    {
        var chosen = ServicePorts.Choose(service, port);
        var targets = new List<ServiceTarget>();
        foreach (var part in written)
        {
            if (!part.HostNames.IsEmpty)
                Console.Error.WriteLine($"note: {part} has host names, which are omitted: {string.Join(", ", part.HostNames)}");
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

    /// <summary>Returns the port number: clients of a headless Service that use a number connect to that number.</summary>
    private static ushort? Number(Service service, ServicePort port, EndpointSubset subset) => service.IsHeadless && port.Name is null
        ? port.Number
        : subset.Ports.FirstOrDefault(p => string.Equals(p.Name, port.Name ?? "", StringComparison.Ordinal) && p.Protocol == port.Protocol)?.Number;

    private static void Note(IEnumerable<ServiceEndpoint> omitted, string why)
    {
        if (string.Join(", ", omitted.Select(e => e.Address)) is { Length: > 0 } addresses)
            Console.Error.WriteLine($"note: {why}, so it sends nothing to {addresses}");
    }

    private static string Named(ServicePort port) => port.Name is { Length: > 0 } name ? $"the port {name}/{port.Protocol.Name()}" : $"the {port.Protocol.Name()} port without a name";

    /// <summary>Merges the targets of a dual-stack pod, which is in two slices.</summary>
    private static ServiceTarget Merge(IReadOnlyList<ServiceTarget> same)
    {
        var endpoint = same[0].Endpoint;
        var addresses = same.SelectMany(t => t.Endpoint.Addresses).ToHashSet();
        return same[0] with { Endpoint = endpoint with { Addresses = [.. (endpoint.Pod?.Addresses ?? endpoint.Addresses).Where(addresses.Contains)] } };
    }
}
