using System.Runtime.InteropServices;

namespace NetPol.Netlink.Interop;

/// <summary>One step of a classic BPF program (linux/filter.h, <c>struct sock_filter</c>).</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct SocketFilter(ushort Code, byte IfTrue, byte IfFalse, uint Operand)
{
    private const ushort LoadAbsoluteWord = 0x20;
    private const ushort JumpIfEqual = 0x15;
    private const ushort ReturnConstant = 0x06;

    /// <summary>BPF_LD | BPF_W | BPF_ABS: four bytes of the datagram, big-endian, into the accumulator.</summary>
    public static SocketFilter LoadWord(uint offset) => new(LoadAbsoluteWord, 0, 0, offset);

    /// <summary>BPF_JMP | BPF_JEQ | BPF_K: goes on, or skips so many steps when the accumulator is another number.</summary>
    public static SocketFilter SkipUnlessEqual(uint value, byte steps) => new(JumpIfEqual, 0, steps, value);

    /// <summary>BPF_RET | BPF_K: how many bytes of the datagram are received; 0 for none of it.</summary>
    public static SocketFilter Return(uint bytes) => new(ReturnConstant, 0, 0, bytes);
}
