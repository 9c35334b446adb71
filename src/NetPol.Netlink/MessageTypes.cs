namespace NetPol.Netlink;

/// <summary>The message types that every netlink family shares (linux/netlink.h, <c>NLMSG_*</c>).</summary>
public static class MessageTypes
{
    public const ushort Noop = 1;

    /// <summary>An error, or with errno zero an acknowledgement.</summary>
    public const ushort Error = 2;

    /// <summary>The end of a listing.</summary>
    public const ushort Done = 3;

    /// <summary>Messages were lost.</summary>
    public const ushort Overrun = 4;

    /// <summary>The first type that belongs to a family.</summary>
    public const ushort FirstOfFamily = 16;
}
