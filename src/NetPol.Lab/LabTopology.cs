using System.Net;
using System.Net.Sockets;
using NetPol.Model.Net;

namespace NetPol.Lab;

/// <summary>The nodes, pods and outside hosts of a lab.</summary>
/// <param name="Nodes">Every node that a pod names, and any others.</param>
/// <param name="Pods">The pods. Every route to a pod goes through its node.</param>
/// <param name="Outside">The addresses of hosts beyond the nodes. Each gets its own host, named after the address.</param>
public sealed record LabTopology(IReadOnlyList<LabNodeSpec> Nodes, IReadOnlyList<LabPodSpec> Pods, IReadOnlyList<IPAddress> Outside);

/// <summary>Answers questions about an address.</summary>
internal static class LabAddress
{
    /// <summary>Returns the length of the prefix that contains only this address.</summary>
    public static int Bits(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;

    /// <summary>Returns whether a lab host can have the address: a unicast address that needs no interface scope.</summary>
    public static bool IsHost(IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetwork
            ? address.GetAddressBytes()[0] is (> 0 and < 127) or (> 127 and < 224) || (address.GetAddressBytes()[0] >= 240 && !address.Equals(IPAddress.Broadcast))
            : !(IPAddress.IsLoopback(address) || address.Equals(IPAddress.IPv6Any) || address.IsIPv6Multicast || address.IsIPv6LinkLocal || address.IsIPv4MappedToIPv6);
}

/// <summary>A port to listen on. <paramref name="Number"/> is 0 for ICMP and ICMPv6, which the kernel answers by itself.</summary>
public readonly record struct LabPort(Protocol Protocol, ushort Number);

/// <summary>A node of a topology: a namespace that routes for its pods.</summary>
/// <param name="Name">The name, unique among nodes.</param>
/// <param name="Addresses">Any number, of both families. A node without addresses routes, but cannot be an end of a probe.</param>
public sealed record LabNodeSpec(string Name, IReadOnlyList<IPAddress> Addresses);

/// <summary>A pod of a topology.</summary>
/// <param name="Id">The id, unique among pods, such as <c>namespace/name</c>. The pod's listeners answer with it.</param>
/// <param name="Node">The <see cref="LabNodeSpec.Name"/> of the node that runs it.</param>
/// <param name="Addresses">Any unicast addresses; they need no common network. Two pods never share one.</param>
/// <param name="Ports">The ports to listen on from the start.</param>
/// <param name="HostNetwork">
/// Whether the pod shares its node's namespace. The node gets the pod's addresses that it lacks, and the pod's listeners answer with the node's name.
/// </param>
public sealed record LabPodSpec(string Id, string Node, IReadOnlyList<IPAddress> Addresses, IReadOnlyList<LabPort> Ports, bool HostNetwork = false);
