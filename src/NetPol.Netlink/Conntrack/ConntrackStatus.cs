namespace NetPol.Netlink.Conntrack;

/// <summary>linux/netfilter/nf_conntrack_common.h, <c>enum ip_conntrack_status</c>.</summary>
[Flags]
public enum ConntrackStatus : uint
{
    None = 0,
    Expected = 0x1,

    /// <summary>Packets were seen both ways.</summary>
    SeenReply = 0x2,

    /// <summary>Not dropped early when the table is full.</summary>
    Assured = 0x4,

    /// <summary>Its first packet has left.</summary>
    Confirmed = 0x8,

    SourceNat = 0x10,
    DestinationNat = 0x20,
    Dying = 0x200,
    Offload = 0x4000,
}
