using NetPol.Cli.Infrastructure;
using NetPol.Cli.Input;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Net;

namespace NetPol.Cli.Connections;

/// <summary>One end of connections: a pod, or an address that no pod has.</summary>
/// <param name="Name"><c>namespace/pod</c>, or the address.</param>
/// <param name="Pod">The pod; null for an address.</param>
/// <param name="Addresses">The addresses, in the pod's order; at least one.</param>
internal sealed record Endpoint(string Name, Pod? Pod, ValueArray<IpAddress> Addresses)
{
    public static Endpoint Create(Pod pod) => new(pod.Id.ToString(), pod, pod.Addresses);

    public static Endpoint Create(IpAddress address) => new(address.ToString(), null, [address]);

    /// <summary>
    /// Returns the addresses of a connection between two endpoints: the destination's first address of a family that the source has too, and the
    /// source's first address of that family. Null when they have no family in common.
    /// </summary>
    public static (IpAddress Source, IpAddress Destination)? Route(Endpoint from, Endpoint to) =>
        Routes(from, to).Select(route => ((IpAddress, IpAddress)?)route).FirstOrDefault();

    /// <summary>Returns one route for each common family, in the destination's order: the first address of each end in that family.</summary>
    public static IEnumerable<(IpAddress Source, IpAddress Destination)> Routes(Endpoint from, Endpoint to) =>
        to.Addresses.DistinctBy(a => a.Family).SelectMany(
            destination => from.Addresses.Where(source => source.Family == destination.Family).Take(1),
            (destination, source) => (source, destination));
}

/// <summary>Finds the endpoint that the user names.</summary>
internal static class EndpointFinder
{
    private const int Suggestions = 8;

    /// <summary>Returns the name with its namespace, as kubectl would: a pod, or <c>svc/name</c> unless a namespace <c>svc</c> has such a pod.</summary>
    /// <param name="cluster">A completed cluster.</param>
    /// <param name="text">An address, or a name with or without a namespace.</param>
    /// <param name="manifests">Provides the default namespace.</param>
    public static string Qualified(ClusterSnapshot cluster, string text, ManifestSource manifests) => text.Split('/') switch
    {
        [_] when !IpAddress.TryParse(text, out IpAddress _) => $"{manifests.DefaultNamespace}/{text}",
        ["svc" or "service", var name] when !cluster.Pods.Any(p => string.Equals(p.Id.ToString(), text, StringComparison.Ordinal)) => $"svc/{manifests.DefaultNamespace}/{name}",
        _ => text,
    };

    /// <summary>
    /// Returns the pod with that name, else the pod with that address, else the bare address. A finished pod has an address only while no live pod has it.
    /// </summary>
    /// <param name="cluster">A completed cluster.</param>
    /// <param name="option">The option's name, for error messages.</param>
    /// <param name="text"><c>namespace/pod</c> or an IP address.</param>
    /// <exception cref="CommandException">The text is neither, there is no such pod, or the pod has no address.</exception>
    public static Endpoint Find(ClusterSnapshot cluster, string option, string text)
    {
        if (IpAddress.TryParse(text, out var address))
            return OwnerOf(cluster, address) is { } owner
                ? new(owner.Id.ToString(), owner, [address])
                : Endpoint.Create(address);
        var pod = cluster.Pods.FirstOrDefault(p => string.Equals(p.Id.ToString(), text, StringComparison.Ordinal))
            ?? throw new CommandException($"{option} {text}: {Unknown(cluster, text)}");
        if (pod.Addresses.IsEmpty)
            throw new CommandException($"{option} {text}: the pod has finished and has no address");
        if (!pod.Finished)
            return Endpoint.Create(pod);
        var own = pod.Addresses.Where(a => LiveOwnerOf(cluster, a) is null).ToValueArray();
        return own.IsEmpty
            ? throw new CommandException($"{option} {text}: the pod has finished and {LiveOwnerOf(cluster, pod.Addresses[0])!.Id} has its address {pod.Addresses[0]}: name that pod")
            : Endpoint.Create(pod) with { Addresses = own };
    }

    /// <summary>Returns the live pod with the address, else the finished one. Null if there is none, or if only pods on the host's network have it.</summary>
    private static Pod? OwnerOf(ClusterSnapshot cluster, IpAddress address) =>
        LiveOwnerOf(cluster, address) ?? cluster.Pods.FirstOrDefault(p => !p.HostNetwork && p.Addresses.Contains(address));

    private static Pod? LiveOwnerOf(ClusterSnapshot cluster, IpAddress address) => cluster.Pods.FirstOrDefault(p => p.IsSelectable && p.Addresses.Contains(address));

    private static string Unknown(ClusterSnapshot cluster, string text)
    {
        var name = text[(text.IndexOf('/', StringComparison.Ordinal) + 1)..];
        var similar = cluster.Pods.Select(p => p.Id).Where(id => id.Name.Contains(name, StringComparison.Ordinal) || text.StartsWith($"{id.Namespace}/", StringComparison.Ordinal)).ToList();
        var shown = (similar.Count > 0 ? similar : [.. cluster.Pods.Select(p => p.Id)]).Take(Suggestions);
        return $"there is no such pod; write namespace/pod, such as {string.Join(", ", shown)}, or an IP address";
    }
}
