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

/// <summary>Says which Service answers at an address.</summary>
internal sealed class ServiceEntries
{
    private readonly IReadOnlyList<Service> _services;
    private readonly ClusterSnapshot _cluster;

    private ServiceEntries(IReadOnlyList<Service> services, ClusterSnapshot cluster) => (_services, _cluster) = (services, cluster);

    /// <summary>The Services of the files and, where a cluster is beneath them, of the cluster. Services that may not be listed are left out with a note.</summary>
    public static async Task<ServiceEntries> ReadAsync(LoadedManifests loaded, ClusterSnapshot world, ClusterSource source, CancellationToken cancel)
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
        if (_cluster.Pods.Any(p => p.IsSelectable && p.Addresses.Contains(address)))
            return null;
        var services = At(address).ToList();
        // Several Services may share the address of a load balancer.
        if ((services.Find(s => ServicePorts.Find(s, port) is not null) ?? services.FirstOrDefault()) is { } service)
            return new(ServiceFinder.Usable(service), port) { Address = address };
        if (!DestinationPort.TryParse(port, out var asked) || _cluster.Nodes.FirstOrDefault(n => n.AllAddresses.Contains(address)) is not { } node)
            return null;
        return _services.Select(s => (Service: s, Port: ServicePorts.FindNodePort(s, asked))).Where(s => s.Port is not null)
            .Select(s => new ServiceEntry(ServiceFinder.Usable(s.Service), $"{s.Port!.Number}/{s.Port.Protocol.Name()}") { Address = address, Node = node, NodePort = asked.Number })
            .FirstOrDefault();
    }

    /// <exception cref="CommandException">A Service has the address: no connection comes from there.</exception>
    public void RefuseAsSource(NetPol.Cli.Connections.Endpoint source)
    {
        if (source.Pod is null && At(source.Addresses[0]).FirstOrDefault() is { } service)
            throw new CommandException($"--from {source.Name}: it is an address of the Service {service.Id}, and no connection comes from there: name a pod or the address of a client");
    }

    /// <summary>What to ask in place of a port that the pod does not declare, while a Service maps it to another; null where no Service does.</summary>
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

    /// <summary>Every port at which an entry answers, for questions about all of them.</summary>
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

/// <summary>How a client reaches a Service.</summary>
/// <param name="Service">The Service.</param>
/// <param name="Port">The Service's port, by number or name.</param>
internal sealed record ServiceEntry(Service Service, string Port)
{
    /// <summary>The address to which the client connects: one of the Service, or of <see cref="Node"/>. Null when the client names the Service.</summary>
    public IpAddress? Address { get; init; }

    /// <summary>The node to whose node port the client connects; null for every other entry.</summary>
    public Node? Node { get; init; }

    /// <summary>The number of the node port; 0 without <see cref="Node"/>.</summary>
    public ushort NodePort { get; init; }

    /// <summary>Whether clients outside the cluster use this entry.</summary>
    public bool IsExternal => Node is not null || (Address is { } address && Service.ExternalAddresses.Contains(address));

    /// <summary>Whether nodes translate the connection. Clients of a headless Service connect to its pods.</summary>
    public bool IsTranslated => !Service.IsHeadless || IsExternal;

    /// <summary><c>Service shop/web 80</c>, with the address in front where the client names one.</summary>
    public override string ToString() => (Address, Node) switch
    {
        ({ } address, { } node) => $"{address} {NodePort} (node port of {node.Name}; Service {Service.Id} {Port})",
        ({ } address, null) => $"{address} (Service {Service.Id}) {Port}",
        _ => $"Service {Service.Id} {Port}",
    };
}

/// <summary>Finds the rules that name a Service's own address or port, which no policy sees, where they were meant to allow.</summary>
internal static class ServiceHints
{
    /// <summary>One sentence for each such rule; empty for a connection that is allowed, and for a headless Service.</summary>
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

/// <summary>The ports of a Service, and the addresses on which it serves them.</summary>
internal static class ServicePorts
{
    /// <summary>The port of that number or name. Nothing translates the port of a headless Service: there any number is one, and such a port has no name.</summary>
    /// <exception cref="CommandException">The Service has no such port.</exception>
    public static ServicePort Choose(Service service, string text)
    {
        var isNumber = DestinationPort.TryParse(text, out var asked);
        if (service.IsHeadless && isNumber && asked.Protocol.HasPorts())
            return new(null, asked.Protocol, asked.Number, asked.Number, null);
        return Find(service, text) ?? OfNodePort(service, text)
            ?? throw new CommandException($"--port {text}: the Service {service.Id} has no such port; it has {(service.Ports.IsEmpty ? "none" : string.Join(", ", service.Ports))}");
    }

    /// <summary>The port with that number or name; null when there is none.</summary>
    public static ServicePort? Find(Service service, string text)
    {
        var isNumber = DestinationPort.TryParse(text, out var asked);
        return service.Ports.FirstOrDefault(p => isNumber ? p.Protocol == asked.Protocol && p.Number == asked.Number : string.Equals(p.Name, text, StringComparison.Ordinal));
    }

    /// <summary>The port that nodes offer under that number; null when there is none.</summary>
    public static ServicePort? FindNodePort(Service service, DestinationPort asked) =>
        service.Ports.FirstOrDefault(p => p.Protocol == asked.Protocol && p.NodePort == asked.Number);

    private static ServicePort? OfNodePort(Service service, string text)
    {
        if (!DestinationPort.TryParse(text, out var asked) || FindNodePort(service, asked) is not { } port)
            return null;
        Console.Error.WriteLine($"note: {asked} is the node port of {port}");
        return port;
    }

    /// <summary>Whether a connection to the Service can go to an address of this family: none changes its family on the way.</summary>
    public static bool Serves(Service service, IpFamily family) => service.Addresses.IsEmpty || service.Addresses.Any(a => a.Family == family);
}
