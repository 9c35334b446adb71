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

/// <summary>One step of a classic BPF program (linux/filter.h, <c>struct sock_filter</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct SocketFilter(ushort Code, byte IfTrue, byte IfFalse, uint Operand)
{
    private const ushort LoadAbsoluteWord = 0x20;
    private const ushort JumpIfEqual = 0x15;
    private const ushort ReturnConstant = 0x06;

    /// <summary>BPF_LD | BPF_W | BPF_ABS: four bytes of the datagram, big-endian, into the accumulator.</summary>
    public static SocketFilter LoadWord(uint offset) => new(LoadAbsoluteWord, 0, 0, offset);

    /// <summary>BPF_JMP | BPF_JEQ | BPF_K: continues, or skips a number of steps when the accumulator has another value.</summary>
    public static SocketFilter SkipUnlessEqual(uint value, byte steps) => new(JumpIfEqual, 0, steps, value);

    /// <summary>BPF_RET | BPF_K: how many bytes of the datagram are received; 0 for none of it.</summary>
    public static SocketFilter Return(uint bytes) => new(ReturnConstant, 0, 0, bytes);
}

/// <summary>A classic BPF program (linux/filter.h, <c>struct sock_fprog</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly unsafe struct SocketFilterProgram(ushort count, SocketFilter* steps)
{
    /// <summary>How many steps.</summary>
    public readonly ushort Count = count;

    public readonly SocketFilter* Steps = steps;
}
