namespace NetPol.Netlink;

/// <summary>Options of a netlink socket at level SOL_NETLINK (linux/netlink.h).</summary>
internal static class SocketOptions
{
    public const int AddMembership = 1;
    public const int NoOverruns = 5;
    public const int StrictCheck = 12;
    public const int CapAck = 10;
    public const int ExtAck = 11;
}
