using NetPol.Cli.Inputs;
using NetPol.Kubernetes.Manifests;
using NetPol.Model;
using NetPol.Model.Cluster;

namespace NetPol.Cli.Services;

/// <summary>Follows a Service to its endpoints: those of its selector, or those that are written for it.</summary>
internal static class ServiceTargets
{
    /// <summary>The endpoints that connections by this entry can go to; at least one.</summary>
    /// <exception cref="CommandException">There is none, or the Service has no such port.</exception>
    public static async Task<IReadOnlyList<ServiceTarget>> ReadAsync(
        ServiceEntry entry, LoadedManifests loaded, ClusterSnapshot world, WorldSource source, CancellationToken cancel)
    {
        var service = entry.Service;
        var targets = service.Pods is { } selector
            ? SelectedTargets.Of(service, selector, entry.Port, world)
            : WrittenTargets.Of(service, entry.Port, await ServiceFinder.EndpointsAsync(service, loaded, source, cancel), new(loaded.Snapshot, world));
        if (entry.Address is { } address)
        {
            targets = [.. targets.Select(t => t.Over(address.Family)).OfType<ServiceTarget>()];
            if (targets.Count == 0)
                throw new CommandException($"the Service {service.Id} has no endpoint with an {(address.Family == IpFamily.V4 ? "IPv4" : "IPv6")} address, so a connection to {address} goes nowhere");
        }
        return entry is { Node: { } node, Service.IsLocal: true } ? OnNode(targets, service.Id, node.Name) : targets;
    }

    private static List<ServiceTarget> OnNode(IReadOnlyList<ServiceTarget> targets, string service, string node)
    {
        var local = targets.Where(t => string.Equals(t.Endpoint.Pod?.Node, node, StringComparison.Ordinal)).ToList();
        return local.Count > 0
            ? local
            : throw new CommandException($"the Service {service} has externalTrafficPolicy Local and no endpoint on {node}, so {node} drops the connection");
    }
}
