using System.Net;
using System.Net.NetworkInformation;
using System.Runtime.InteropServices;

namespace NetPol.Netlink.Routing;

/// <summary>A network interface (linux/rtnetlink.h, RTM_NEWLINK).</summary>
/// <param name="Index">The kernel's number for it, unique in the network namespace.</param>
/// <param name="Name">At most 15 bytes, unique in the network namespace.</param>
public sealed record Link(int Index, string Name)
{
    /// <summary>Whether it was set up (IFF_UP); its carrier may still be missing.</summary>
    public bool IsUp { get; init; }

    /// <summary>Whether it is the loopback device (IFF_LOOPBACK).</summary>
    public bool IsLoopback { get; init; }

    /// <summary>The index of the bridge, bond, team or VRF that it is a port of, or 0.</summary>
    public int Master { get; init; }

    /// <summary>The index of the other end of a veth, or of the device below a VLAN, MACVLAN or tunnel; 0 when there is none.</summary>
    public int Lower { get; init; }

    /// <summary>Whether <see cref="Lower"/> is an index of another network namespace (IFLA_LINK_NETNSID).</summary>
    public bool IsLowerElsewhere { get; init; }

    /// <summary>The hardware address; empty when it has none.</summary>
    public PhysicalAddress Address { get; init; } = PhysicalAddress.None;

    /// <summary>Bytes; 0 when the kernel did not report it.</summary>
    public uint Mtu { get; init; }

    /// <summary><c>veth</c>, <c>bridge</c>, …; empty for hardware and loopback.</summary>
    public string Kind { get; init; } = "";

    /// <summary>The settings of a tunnel device of a known kind; null for every other link.</summary>
    public TunnelSettings? Tunnel { get; init; }

    /// <exception cref="NetlinkFormatException">The payload is no link.</exception>
    public static Link Read(ReadOnlySpan<byte> payload)
    {
        if (payload.Length < LinkHeader.Size)
            throw new NetlinkFormatException($"a link needs {LinkHeader.Size} bytes, {payload.Length} are left");
        var header = MemoryMarshal.Read<LinkHeader>(payload);
        var link = new Link(header.Index, "")
        {
            IsUp = (header.Flags & LinkHeader.Up) != 0,
            IsLoopback = (header.Flags & LinkHeader.Loopback) != 0,
        };
        var attributes = AttributeReader.After(LinkHeader.Size, payload);
        while (attributes.Next())
        {
            link = attributes.Type switch
            {
                LinkAttribute.Name => link with { Name = attributes.ReadString() },
                LinkAttribute.Master => link with { Master = attributes.ReadInt32() },
                LinkAttribute.Mtu => link with { Mtu = attributes.ReadUInt32() },
                LinkAttribute.Address => link with { Address = new(attributes.Value.ToArray()) },
                LinkAttribute.Lower => link with { Lower = attributes.ReadInt32() },
                LinkAttribute.LowerNamespace => link with { IsLowerElsewhere = true },
                LinkAttribute.Info => ReadInfo(link, attributes.Nested),
                _ => link,
            };
        }
        return link;
    }

    private static Link ReadInfo(Link link, AttributeReader info)
    {
        var kind = "";
        var data = default(ReadOnlySpan<byte>);
        while (info.Next())
        {
            switch (info.Type)
            {
                case LinkAttribute.InfoKind:
                    kind = info.ReadString();
                    break;
                case LinkAttribute.InfoData:
                    data = info.Value;
                    break;
            }
        }
        return link with { Kind = kind, Tunnel = TunnelSettings.Read(kind, data) };
    }
}

/// <summary>The fixed part of an address message, host order (linux/if_addr.h, <c>struct ifaddrmsg</c>).</summary>
/// <param name="Family">AF_INET or AF_INET6.</param>
/// <param name="PrefixLength">Bits.</param>
/// <param name="Flags">IFA_F_*.</param>
/// <param name="Scope">RT_SCOPE_*.</param>
/// <param name="Index">The link.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct AddressHeader(byte Family, byte PrefixLength, byte Flags, byte Scope, int Index)
{
    public const int Size = 8;

    /// <summary>IFA_F_NODAD: an IPv6 address is usable at once, without looking for another that has it.</summary>
    public const byte NoDuplicateDetection = 2;

    /// <summary>IFA_ADDRESS.</summary>
    public const ushort AttributeAddress = 1;

    /// <summary>IFA_LOCAL.</summary>
    public const ushort AttributeLocal = 2;
}

/// <summary>An address of a link (linux/if_addr.h, RTM_NEWADDR).</summary>
/// <param name="Link">The link's index.</param>
/// <param name="Address">The machine's own address, not that of a point-to-point peer.</param>
/// <param name="PrefixLength">Bits of the network that is on the link.</param>
public sealed record LinkAddress(int Link, IPAddress Address, int PrefixLength)
{
    /// <returns>Null for an address of another family than IPv4 and IPv6, or a message without an address.</returns>
    /// <exception cref="NetlinkFormatException">The payload is no address.</exception>
    public static LinkAddress? Read(ReadOnlySpan<byte> payload)
    {
        if (payload.Length < AddressHeader.Size)
            throw new NetlinkFormatException($"an address needs {AddressHeader.Size} bytes, {payload.Length} are left");
        var header = MemoryMarshal.Read<AddressHeader>(payload);
        if (!AddressBytes.IsIp(header.Family))
            return null;
        IPAddress? local = null;
        IPAddress? other = null;
        var attributes = AttributeReader.After(AddressHeader.Size, payload);
        while (attributes.Next())
        {
            if (attributes.Type == AddressHeader.AttributeLocal)
                local = attributes.ReadAddress();
            else if (attributes.Type == AddressHeader.AttributeAddress)
                other = attributes.ReadAddress();
        }
        // IPv6 sends IFA_LOCAL only where a peer has IFA_ADDRESS.
        return (local ?? other) is { } address ? new(header.Index, address, header.PrefixLength) : null;
    }
}

/// <summary>linux/if_link.h, <c>IFLA_*</c>, and of its nests linux/if_link.h <c>IFLA_INFO_*</c> and linux/veth.h <c>VETH_INFO_*</c>.</summary>
internal static class LinkAttribute
{
    public const ushort Address = 1;
    public const ushort Name = 3;
    public const ushort Mtu = 4;
    public const ushort Lower = 5;
    public const ushort Master = 10;
    public const ushort Info = 18;
    public const ushort NamespaceFd = 28;
    public const ushort LowerNamespace = 37;
    public const ushort InfoKind = 1;
    public const ushort InfoData = 2;
    public const ushort VethPeer = 1;
}

/// <summary>The fixed part of a link message, host order (linux/rtnetlink.h, <c>struct ifinfomsg</c>).</summary>
/// <param name="Family">AF_UNSPEC.</param>
/// <param name="Pad">Zero.</param>
/// <param name="HardwareType">ARPHRD_*; only the kernel sets it.</param>
/// <param name="Index">The link, 0 for one that is to be made or is named.</param>
/// <param name="Flags">IFF_*.</param>
/// <param name="Change">Which of <paramref name="Flags"/> shall be set.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct LinkHeader(byte Family, byte Pad, ushort HardwareType, int Index, uint Flags, uint Change)
{
    public const int Size = 16;

    /// <summary>IFF_UP.</summary>
    public const uint Up = 1;

    /// <summary>IFF_LOOPBACK.</summary>
    public const uint Loopback = 8;
}
