using System.Runtime.InteropServices;

namespace NetPol.Netlink;

/// <summary>Waits for packets that the kernel is at work on.</summary>
public static partial class PacketBarrier
{
    /// <summary>MEMBARRIER_CMD_GLOBAL of linux/membarrier.h.</summary>
    private const nint Global = 1;

    /// <summary>Long beyond what a packet takes, for where the kernel does not say when it is over.</summary>
    private static readonly TimeSpan FallbackDelay = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// Returns when no packet is in the hooks of netfilter any more that was there when it was called. Takes some milliseconds. The kernel runs the hooks inside
    /// read sections of RCU, and membarrier(2) waits until all that have begun are over; where it does not offer that (<c>nohz_full</c>), a time is waited that no packet takes.
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
