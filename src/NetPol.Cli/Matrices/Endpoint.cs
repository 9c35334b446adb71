using NetPol.Model;
using NetPol.Model.Cluster;

namespace NetPol.Cli.Matrices;

/// <summary>An end of connections: a pod, or an address that is no pod's.</summary>
/// <param name="Name"><c>namespace/pod</c>, or the address.</param>
/// <param name="Pod">Null for an address.</param>
/// <param name="Addresses">In the pod's order; at least one.</param>
internal sealed record Endpoint(string Name, Pod? Pod, ValueArray<IpAddress> Addresses)
{
    public static Endpoint Of(Pod pod) => new(pod.Id.ToString(), pod, pod.Addresses);

    public static Endpoint Of(IpAddress address) => new(address.ToString(), null, [address]);

    /// <summary>
    /// The addresses that a connection between the two has: the destination's first whose family the source has too, and the source's first of
    /// that family. Null when they have no family in common.
    /// </summary>
    public static (IpAddress Source, IpAddress Destination)? Route(Endpoint from, Endpoint to) =>
        Routes(from, to).Select(route => ((IpAddress, IpAddress)?)route).FirstOrDefault();

    /// <summary>One for each family that both have, by the destination's order: the destination's first address of it and the source's.</summary>
    public static IEnumerable<(IpAddress Source, IpAddress Destination)> Routes(Endpoint from, Endpoint to) =>
        to.Addresses.DistinctBy(a => a.Family).SelectMany(
            destination => from.Addresses.Where(source => source.Family == destination.Family).Take(1),
            (destination, source) => (source, destination));
}
