using System.Runtime.InteropServices;

namespace NetPol.Netlink.Interop;

/// <summary>The address of a netlink socket, host byte order (linux/netlink.h, <c>struct sockaddr_nl</c>).</summary>
/// <param name="Family">AF_NETLINK.</param>
/// <param name="Pad">Zero.</param>
/// <param name="PortId">0 is the kernel, or asks it to choose one.</param>
/// <param name="Groups">A mask of the first 32 multicast groups.</param>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct SockaddrNl(ushort Family, ushort Pad, uint PortId, uint Groups)
{
    /// <summary>Bytes of the structure.</summary>
    public const int Size = 12;

    /// <summary>The kernel's address, also the address to bind to when the kernel shall choose the port.</summary>
    public static SockaddrNl Kernel => new((ushort)Tmds.Linux.LibC.AF_NETLINK, 0, 0, 0);
}
