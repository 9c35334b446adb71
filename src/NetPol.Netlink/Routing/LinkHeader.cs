using System.Runtime.InteropServices;

namespace NetPol.Netlink.Routing;

/// <summary>The fixed part of a link message, host order (linux/rtnetlink.h, <c>struct ifinfomsg</c>).</summary>
/// <param name="Family">AF_UNSPEC.</param>
/// <param name="Pad">Zero.</param>
/// <param name="HardwareType">ARPHRD_*; only told by the kernel.</param>
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
