using System.Net;
using NetPol.Cli.Connections;
using NetPol.Cli.Infrastructure;
using NetPol.Cli.Input;
using NetPol.Compiler.Analysis.Explain;
using NetPol.Kubernetes.Client;
using NetPol.Kubernetes.Manifests;
using NetPol.Kubernetes.Objects;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;

namespace NetPol.Cli.Services;

/// <summary>Finds the Service at an address.</summary>
internal sealed class ServiceEntries
{
    private readonly IReadOnlyList<Service> _services;
    private readonly ClusterSnapshot _cluster;

    private ServiceEntries(IReadOnlyList<Service> services, ClusterSnapshot cluster) => (_services, _cluster) = (services, cluster);

    /// <summary>Reads the Services of the files and of a cluster beneath them. Prints a note when the user may not list the cluster's Services.</summary>
    public static async Task<ServiceEntries> ReadAsync(LoadedManifests loaded, ClusterSnapshot cluster, ClusterSource source, CancellationToken cancel)
    {
        var written = loaded.Services.Select(s => s.Id).ToHashSet(StringComparer.Ordinal);
        var live = source.Cluster is { } access ? await access.AskAsync(() => ListAsync(access, cancel)) : [];
        return new([.. loaded.Services, .. live.Where(s => !written.Contains(s.Id))], cluster);
    }

    /// <summary>Returns the Services that have the address.</summary>
    public IEnumerable<Service> At(IpAddress address) => _services.Where(s => s.Has(address));

    /// <summary>Returns the Service entry at an address; null when no Service listens there on that port, or a pod has the address.</summary>
    /// <param name="address">The address that the client connects to.</param>
    /// <param name="port">The port, by number or by its name in the Service.</param>
    public ServiceEntry? Find(IpAddress address, string port)
    {
        if (_cluster.Pods.Any(p => p.IsSelectable && p.Addresses.Contains(address)))
            return null;
        var services = At(address).ToList();
        // Several Services can share the address of a load balancer.
        if ((services.Find(s => ServicePorts.Find(s, port) is not null) ?? services.FirstOrDefault()) is { } service)
            return new(ServiceFinder.Usable(service), port) { Address = address };
        if (!DestinationPort.TryParse(port, out var asked) || _cluster.Nodes.FirstOrDefault(n => n.AllAddresses.Contains(address)) is not { } node)
            return null;
        return _services.Select(s => (Service: s, Port: ServicePorts.FindNodePort(s, asked))).Where(s => s.Port is not null)
            .Select(s => new ServiceEntry(ServiceFinder.Usable(s.Service), $"{s.Port!.Number}/{s.Port.Protocol.Name()}") { Address = address, Node = node, NodePort = asked.Number })
            .FirstOrDefault();
    }

    /// <exception cref="CommandException">The address belongs to a Service: it cannot be the source of a connection.</exception>
    public void RefuseAsSource(NetPol.Cli.Connections.Endpoint source)
    {
        if (source.Pod is null && At(source.Addresses[0]).FirstOrDefault() is { } service)
            throw new CommandException($"--from {source.Name}: it is an address of the Service {service.Id}, and no connection comes from there: name a pod or the address of a client");
    }

    /// <summary>Returns the port to use instead, when a Service maps a port that the pod does not declare to one it does; null when no Service does.</summary>
    public string? HintFor(Pod pod, DestinationPort asked)
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

    /// <summary>Returns every port on which a Service listens at the address.</summary>
    public IEnumerable<DestinationPort> PortsAt(IpAddress address) =>
        At(address).SelectMany(s => s.Ports).Select(p => new DestinationPort(p.Protocol, p.Number)).Distinct();

    private static async Task<IReadOnlyList<Service>> ListAsync(Clusters.ClusterAccess cluster, CancellationToken cancel)
    {
        using var api = cluster.Open();
        try
        {
            return await ServiceClient.ListAsync(api, cancel);
        }
        catch (KubernetesApiException refusal) when (refusal.Status is HttpStatusCode.Forbidden)
        {
            Console.Error.WriteLine($"note: {refusal.Message}: an address of a Service is taken for one outside the cluster; this needs the right to list services");
            return [];
        }
    }
}

/// <summary>An address and port on which a client reaches a Service.</summary>
/// <param name="Service">The Service.</param>
/// <param name="Port">The Service's port, by number or name.</param>
internal sealed record ServiceEntry(Service Service, string Port)
{
    /// <summary>The address that the client connects to: one of the Service, or of <see cref="Node"/>. Null when the client names the Service.</summary>
    public IpAddress? Address { get; init; }

    /// <summary>The node whose node port the client connects to; null for every other entry.</summary>
    public Node? Node { get; init; }

    /// <summary>The number of the node port; 0 without <see cref="Node"/>.</summary>
    public ushort NodePort { get; init; }

    /// <summary>Whether the entry is for clients outside the cluster.</summary>
    public bool IsExternal => Node is not null || (Address is { } address && Service.ExternalAddresses.Contains(address));

    /// <summary>Whether nodes translate the connection. Clients of a headless Service connect directly to its pods.</summary>
    public bool IsTranslated => !Service.IsHeadless || IsExternal;

    /// <summary><c>Service shop/web 80</c>, with the address in front where the client names one.</summary>
    public override string ToString() => (Address, Node) switch
    {
        ({ } address, { } node) => $"{address} {NodePort} (node port of {node.Name}; Service {Service.Id} {Port})",
        ({ } address, null) => $"{address} (Service {Service.Id}) {Port}",
        _ => $"Service {Service.Id} {Port}",
    };
}

/// <summary>Finds rules that try to allow a Service's own address or port. Policies never see these.</summary>
internal static class ServiceHints
{
    /// <summary>Returns one sentence for each such rule; empty for an allowed connection, and for a headless Service.</summary>
    public static IEnumerable<string> For(ServiceEntry entry, Explanation explanation, ClusterSnapshot cluster)
    {
        if (explanation.Verdict.Verdict == Verdict.Allow || !entry.IsTranslated || ServicePorts.Find(entry.Service, entry.Port) is not { } port)
            return [];
        var target = explanation.Connection.Port;
        return
            from side in new[] { explanation.Egress, explanation.Ingress }
            from step in side.Tiers.SelectMany(t => t.Steps)
            where step is { Matches: false, Action: RuleAction.Allow }
            let rule = cluster.Policies.First(p => p.Id == step.Policy).Rules(side.Direction)!.Value.First(r => r.Index == step.RuleIndex)
            from hint in new[]
            {
                side.Direction == Direction.Egress && !step.Peer.Matches && Network(rule, entry) is { } network
                    ? $"{Describe.Rule(step)} names {network}, which holds an address of the Service: policies see the address of the endpoint"
                    : null,
                !step.Port.Matches && port.Number != target && NamesPort(rule, port.Protocol, port.Number)
                    ? $"{Describe.Rule(step)} names the port {port.Number}/{port.Protocol.Name()} of the Service: policies see the port {target}/{port.Protocol.Name()} of the endpoint"
                    : null,
            }
            where hint is not null
            select hint;
    }

    private static Peer.Network? Network(Rule rule, ServiceEntry entry) => rule.Peers.OfType<Peer.Network>()
        .FirstOrDefault(n => entry.Service.Addresses.Concat(entry.Service.ExternalAddresses).Any(n.Contains));

    private static bool NamesPort(Rule rule, NetPol.Model.Net.Protocol protocol, ushort number) =>
        rule.Ports is { } ports && ports.OfType<PortMatch.Numbers>().Any(p => p.Protocol == protocol && p.Range.Contains(number));
}

/// <summary>Resolves the ports of a Service, and the address families that it serves.</summary>
internal static class ServicePorts
{
    /// <summary>Returns the port with that number or name. A headless Service accepts any number, because no node translates its ports; such a port has no name.</summary>
    /// <exception cref="CommandException">The Service does not have the port.</exception>
    public static ServicePort Choose(Service service, string text)
    {
        var isNumber = DestinationPort.TryParse(text, out var asked);
        if (service.IsHeadless && isNumber && asked.Protocol.HasPorts())
            return new(null, asked.Protocol, asked.Number, asked.Number, null);
        return Find(service, text) ?? OfNodePort(service, text)
            ?? throw new CommandException($"--port {text}: the Service {service.Id} has no such port; it has {(service.Ports.IsEmpty ? "none" : string.Join(", ", service.Ports))}");
    }

    /// <summary>Returns the port with that number or name; null when there is none.</summary>
    public static ServicePort? Find(Service service, string text)
    {
        var isNumber = DestinationPort.TryParse(text, out var asked);
        return service.Ports.FirstOrDefault(p => isNumber ? p.Protocol == asked.Protocol && p.Number == asked.Number : string.Equals(p.Name, text, StringComparison.Ordinal));
    }

    /// <summary>Returns the Service port with that node port; null when there is none.</summary>
    public static ServicePort? FindNodePort(Service service, DestinationPort asked) =>
        service.Ports.FirstOrDefault(p => p.Protocol == asked.Protocol && p.NodePort == asked.Number);

    private static ServicePort? OfNodePort(Service service, string text)
    {
        if (!DestinationPort.TryParse(text, out var asked) || FindNodePort(service, asked) is not { } port)
            return null;
        Console.Error.WriteLine($"note: {asked} is the node port of {port}");
        return port;
    }

    /// <summary>Returns whether a connection to the Service can reach an address of this family. Translation never changes the family.</summary>
    public static bool Serves(Service service, IpFamily family) => service.Addresses.IsEmpty || service.Addresses.Any(a => a.Family == family);
}
