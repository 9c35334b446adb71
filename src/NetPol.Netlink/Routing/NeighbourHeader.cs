using System.Runtime.InteropServices;

namespace NetPol.Netlink.Routing;

/// <summary>The fixed part of a neighbour message, host order (linux/neighbour.h, <c>struct ndmsg</c>).</summary>
/// <param name="Family">AF_INET or AF_INET6.</param>
/// <param name="Pad1">Zero.</param>
/// <param name="Pad2">Zero.</param>
/// <param name="Index">The link.</param>
/// <param name="State">NUD_*.</param>
/// <param name="Flags">NTF_*.</param>
/// <param name="Kind">RTN_*.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct NeighbourHeader(byte Family, byte Pad1, ushort Pad2, int Index, ushort State, byte Flags, byte Kind)
{
    /// <summary>NUD_PERMANENT.</summary>
    public const ushort Permanent = 0x80;

    /// <summary>NDA_DST.</summary>
    public const ushort AttributeDestination = 1;

    /// <summary>NDA_LLADDR.</summary>
    public const ushort AttributeLinkAddress = 2;
}
