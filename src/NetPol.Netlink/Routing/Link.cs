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

    /// <summary>Bytes, 0 when it was not told.</summary>
    public uint Mtu { get; init; }

    /// <summary><c>veth</c>, <c>bridge</c>, …; empty for hardware and loopback.</summary>
    public string Kind { get; init; } = "";

    /// <summary>What a tunnel device of a known kind is set to; null for every other link.</summary>
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
