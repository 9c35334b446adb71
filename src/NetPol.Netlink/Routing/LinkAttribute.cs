namespace NetPol.Netlink.Routing;

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
