using NetPol.Model;
using NetPol.Model.Net;

namespace NetPol.Rendering;

/// <summary>
/// The interfaces, tunnels and source grants of the node that the rules depend on. Each list is sorted. An unknown list is empty. Without uplinks, the rules treat every
/// interface as one that leads to local pods.
/// </summary>
public sealed record HostNetwork
{
    /// <summary>The network of a node about which nothing is known. It gives the strictest rules.</summary>
    public static HostNetwork Unknown { get; } = new();

    /// <summary>
    /// Indices of the interfaces that lead away from local pods. Packets may take another way in than out by them. A packet that comes in by any other
    /// interface passes only with a source address that is routed back to that interface.
    /// </summary>
    public ValueArray<int> Uplinks { get; init; }

    /// <summary>The ports at which the node's tunnel devices receive (VXLAN, Geneve, WireGuard, FOU and GUE). Pods may not send to these ports on any node.</summary>
    public ValueArray<TunnelPort> TunnelPorts { get; init; }

    /// <summary>The protocols above IP that the node's tunnel devices receive (IPIP 4, SIT 41, GRE 47). Pods may not send these protocols to any node.</summary>
    public ValueArray<byte> TunnelProtocols { get; init; }

    /// <summary>Indices of interfaces from which IPv6 link-local sources may not reach this node, because a policy selects a pod there for traffic to its node.</summary>
    public ValueArray<int> LinkLocalClosedToNode { get; init; }

    /// <summary>Indices of bridges from which IPv6 link-local sources may not reach another pod, because a policy selects a pod there.</summary>
    public ValueArray<int> LinkLocalClosedToPods { get; init; }

    /// <summary>Source addresses that may come in by an interface although they are routed elsewhere.</summary>
    public ValueArray<SourceGrant> SourceGrants { get; init; }
}

/// <summary>A port at which a tunnel device of the node receives.</summary>
public readonly record struct TunnelPort(Protocol Protocol, ushort Port) : IComparable<TunnelPort>
{
    public static bool operator <(TunnelPort left, TunnelPort right) => left.CompareTo(right) < 0;

    public static bool operator >(TunnelPort left, TunnelPort right) => left.CompareTo(right) > 0;

    public static bool operator <=(TunnelPort left, TunnelPort right) => left.CompareTo(right) <= 0;

    public static bool operator >=(TunnelPort left, TunnelPort right) => left.CompareTo(right) >= 0;

    public int CompareTo(TunnelPort other) => (Protocol, Port).CompareTo((other.Protocol, other.Port));
}

/// <summary>Allows source addresses that are routed elsewhere.</summary>
/// <param name="Interface">The index of the interface that the packets come in by.</param>
/// <param name="Sources">The addresses. Those of one interface do not overlap.</param>
public readonly record struct SourceGrant(int Interface, Cidr Sources) : IComparable<SourceGrant>
{
    public static bool operator <(SourceGrant left, SourceGrant right) => left.CompareTo(right) < 0;

    public static bool operator >(SourceGrant left, SourceGrant right) => left.CompareTo(right) > 0;

    public static bool operator <=(SourceGrant left, SourceGrant right) => left.CompareTo(right) <= 0;

    public static bool operator >=(SourceGrant left, SourceGrant right) => left.CompareTo(right) >= 0;

    public int CompareTo(SourceGrant other) =>
        (Interface, Sources.Network, Sources.PrefixLength).CompareTo((other.Interface, other.Sources.Network, other.Sources.PrefixLength));
}
