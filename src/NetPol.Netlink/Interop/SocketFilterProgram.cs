using System.Runtime.InteropServices;

namespace NetPol.Netlink.Interop;

/// <summary>A classic BPF program (linux/filter.h, <c>struct sock_fprog</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly unsafe struct SocketFilterProgram(ushort count, SocketFilter* steps)
{
    /// <summary>How many steps.</summary>
    public readonly ushort Count = count;

    public readonly SocketFilter* Steps = steps;
}
