using System.Runtime.InteropServices;

namespace NetPol.Netlink;

/// <summary>Waits for packets that the kernel is processing.</summary>
public static partial class PacketBarrier
{
    /// <summary>MEMBARRIER_CMD_GLOBAL of linux/membarrier.h.</summary>
    private const nint Global = 1;

    /// <summary>Much longer than a packet takes, for kernels without membarrier(2).</summary>
    private static readonly TimeSpan FallbackDelay = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// Returns when all packets that were in the hooks of netfilter at the time of the call have left them. Takes some milliseconds. The kernel runs the hooks inside
    /// read sections of RCU, and membarrier(2) waits for the end of all current sections. If the kernel does not offer it (<c>nohz_full</c>), the method sleeps for a time that no packet takes.
    /// </summary>
    public static void Wait()
    {
        var number = RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.X64 => 324,
            Architecture.Arm64 => 283,
            _ => -1,
        };
        if (number < 0 || SystemCall(number, Global, 0, 0) < 0)
            Thread.Sleep(FallbackDelay);
    }

    [LibraryImport("libc", EntryPoint = "syscall")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint SystemCall(nint number, nint first, nint second, nint third);
}
