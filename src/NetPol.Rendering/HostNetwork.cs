using NetPol.Model;
using NetPol.Model.Net;

namespace NetPol.Rendering;

/// <summary>
/// What the rules need to know of the node's own network besides its rule set: a value, each list sorted. Whatever is unknown is empty, and then every interface is
/// treated as one that leads to local pods.
/// </summary>
public sealed record HostNetwork
{
    /// <summary>A network that is not known: the strictest there is.</summary>
    public static HostNetwork Unknown { get; } = new();

    /// <summary>
    /// Indices of the interfaces that lead away from local pods. Packets may take another way in than out by them. A packet that comes in by any other
    /// interface passes only with a source address that is routed back to that interface.
    /// </summary>
    public ValueArray<int> Uplinks { get; init; }

    /// <summary>The ports at which the node's tunnel devices receive (VXLAN, Geneve, WireGuard, FOU and GUE). Pods may send to them on no node.</summary>
    public ValueArray<TunnelPort> TunnelPorts { get; init; }

    /// <summary>The protocols above IP that the node's tunnel devices receive (IPIP 4, SIT 41, GRE 47). Pods may send them to no node.</summary>
    public ValueArray<byte> TunnelProtocols { get; init; }

    /// <summary>Indices of interfaces: what comes from there with an IPv6 link-local source may not reach this node, because a pod there is judged on the way to its node.</summary>
    public ValueArray<int> LinkLocalClosedToNode { get; init; }

    /// <summary>Indices of bridges: what comes from there with an IPv6 link-local source may not reach another pod, because a pod there is judged.</summary>
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
