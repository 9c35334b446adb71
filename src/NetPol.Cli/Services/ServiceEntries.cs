using System.Net;
using NetPol.Cli.CommandLine;
using NetPol.Cli.Inputs;
using NetPol.Kubernetes.Client;
using NetPol.Kubernetes.Manifests;
using NetPol.Kubernetes.Services;
using NetPol.Model;
using NetPol.Model.Cluster;

namespace NetPol.Cli.Services;

/// <summary>Says which Service answers at an address.</summary>
internal sealed class ServiceEntries
{
    private readonly IReadOnlyList<Service> _services;
    private readonly ClusterSnapshot _world;

    private ServiceEntries(IReadOnlyList<Service> services, ClusterSnapshot world) => (_services, _world) = (services, world);

    /// <summary>The Services of the files and, where a cluster is beneath them, of the cluster. Services that may not be listed are left out with a note.</summary>
    public static async Task<ServiceEntries> ReadAsync(LoadedManifests loaded, ClusterSnapshot world, WorldSource source, CancellationToken cancel)
    {
        var written = loaded.Services.Select(s => s.Id).ToHashSet(StringComparer.Ordinal);
        var live = source.Cluster is { } cluster ? await cluster.AskAsync(() => ListAsync(cluster, cancel)) : [];
        return new([.. loaded.Services, .. live.Where(s => !written.Contains(s.Id))], world);
    }

    /// <summary>The Services that have the address.</summary>
    public IEnumerable<Service> At(IpAddress address) => _services.Where(s => s.Has(address));

    /// <summary>The entry at an address; null when no Service answers there on that port, or a pod has the address.</summary>
    /// <param name="address">Where the client connects to.</param>
    /// <param name="port">The port, by number or by its name in the Service.</param>
    public ServiceEntry? Find(IpAddress address, string port)
    {
        if (_world.Pods.Any(p => p.IsSelectable && p.Addresses.Contains(address)))
            return null;
        var services = At(address).ToList();
        // Several Services may share the address of a load balancer.
        if ((services.Find(s => ServicePorts.Find(s, port) is not null) ?? services.FirstOrDefault()) is { } service)
            return new(ServiceFinder.Usable(service), port) { Address = address };
        if (!ProbePort.TryParse(port, out var asked) || _world.Nodes.FirstOrDefault(n => n.AllAddresses.Contains(address)) is not { } node)
            return null;
        return _services.Select(s => (Service: s, Port: ServicePorts.FindNodePort(s, asked))).Where(s => s.Port is not null)
            .Select(s => new ServiceEntry(ServiceFinder.Usable(s.Service), $"{s.Port!.Number}/{s.Port.Protocol.Name()}") { Address = address, Node = node, NodePort = asked.Number })
            .FirstOrDefault();
    }

    /// <exception cref="CommandException">A Service has the address: no connection comes from there.</exception>
    public void RefuseAsSource(Matrices.Endpoint source)
    {
        if (source.Pod is null && At(source.Addresses[0]).FirstOrDefault() is { } service)
            throw new CommandException($"--from {source.Name}: it is an address of the Service {service.Id}, and no connection comes from there: name a pod or the address of a client");
    }

    /// <summary>What to ask in place of a port that the pod does not declare, while a Service maps it to another; null where no Service does.</summary>
    public string? HintFor(Pod pod, ProbePort asked)
    {
        foreach (var service in _services.Where(s => string.Equals(s.Namespace, pod.Id.Namespace, StringComparison.Ordinal) && s.Pods?.Matches(pod.Labels) == true))
        {
            if (service.Ports.FirstOrDefault(p => p.Protocol == asked.Protocol && p.Number == asked.Number) is { } port &&
                SelectedTargets.Number(port, pod) is { } number && number != asked.Number)
            {
                var target = asked with { Number = number };
                return $"{pod.Id} declares no port {asked}: the Service {service.Id} sends its port {asked} to {target} of the pod, and policies see {target}. Ask for --port {target}, or for --to svc/{service.Id}";
            }
        }
        return null;
    }

    /// <summary>Every port at which an entry answers, for questions about all of them.</summary>
    public IEnumerable<ProbePort> PortsAt(IpAddress address) =>
        At(address).SelectMany(s => s.Ports).Select(p => new ProbePort(p.Protocol, p.Number)).Distinct();

    private static async Task<IReadOnlyList<Service>> ListAsync(Clusters.ClusterAccess cluster, CancellationToken cancel)
    {
        using var api = cluster.Open();
        try
        {
            return await LiveServices.ListAsync(api, cancel);
        }
        catch (KubernetesApiException refusal) when (refusal.Status is HttpStatusCode.Forbidden)
        {
            Console.Error.WriteLine($"note: {refusal.Message}: an address of a Service is taken for one outside the cluster; this needs the right to list services");
            return [];
        }
    }
}
