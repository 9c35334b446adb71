using System.Net;
using System.Net.Sockets;

namespace NetPol.Lab;

/// <summary>What a lab is made of.</summary>
/// <param name="Nodes">All nodes that a pod names.</param>
/// <param name="Pods">The pods; those of a node are reached through it alone.</param>
/// <param name="Outside">Addresses of hosts beyond the nodes, each of which gets a host of its own that is called as its address.</param>
public sealed record LabTopology(IReadOnlyList<LabNodeSpec> Nodes, IReadOnlyList<LabPodSpec> Pods, IReadOnlyList<IPAddress> Outside);

/// <summary>What the lab must know of an address.</summary>
internal static class LabAddress
{
    /// <summary>The length of the prefix that holds this address alone.</summary>
    public static int Bits(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork ? 32 : 128;

    /// <summary>Whether a host can have it in the lab: a unicast address that is routed as it stands.</summary>
    public static bool IsHost(IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetwork
            ? address.GetAddressBytes()[0] is (> 0 and < 127) or (> 127 and < 224) || (address.GetAddressBytes()[0] >= 240 && !address.Equals(IPAddress.Broadcast))
            : !(IPAddress.IsLoopback(address) || address.Equals(IPAddress.IPv6Any) || address.IsIPv6Multicast || address.IsIPv6LinkLocal || address.IsIPv4MappedToIPv6);
}

/// <summary>A place to listen on. <paramref name="Number"/> is 0 for <see cref="LabProtocol.Icmp"/>, which the kernel answers by itself.</summary>
public readonly record struct LabPort(LabProtocol Protocol, ushort Number);

/// <summary>What the lab can listen on and probe with. <see cref="Icmp"/> is the echo of the address's family: ICMP or ICMPv6.</summary>
public enum LabProtocol
{
    Icmp,
    Tcp,
    Udp,
    Sctp,
}

/// <summary>A node to be made: a namespace that routes for its pods.</summary>
/// <param name="Name">Unique among nodes.</param>
/// <param name="Addresses">Of both families, as many as wanted; a node without addresses routes, but is no end of a probe.</param>
public sealed record LabNodeSpec(string Name, IReadOnlyList<IPAddress> Addresses);

/// <summary>A pod to be made.</summary>
/// <param name="Id">Unique among pods, such as <c>namespace/name</c>; it is what the pod's listeners call themselves.</param>
/// <param name="Node">The <see cref="LabNodeSpec.Name"/> that runs it.</param>
/// <param name="Addresses">Any unicast addresses, with no common network needed; no two pods share one.</param>
/// <param name="Ports">Listened on from the start.</param>
/// <param name="HostNetwork">
/// It lives in its node's namespace: its addresses are added to the node's where the node lacks them, and its listeners answer with the node's name.
/// </param>
public sealed record LabPodSpec(string Id, string Node, IReadOnlyList<IPAddress> Addresses, IReadOnlyList<LabPort> Ports, bool HostNetwork = false);
