using System.Runtime.InteropServices;

namespace NetPol.Nftables.Tests;

/// <summary>Work without the capability CAP_NET_ADMIN.</summary>
internal static class Unprivileged
{
    private const uint Version = 0x20080522;
    private const int NetAdmin = 12;

    /// <summary>Runs it on a separate thread, since each thread has its own capabilities.</summary>
    public static T Run<T>(Func<T> work)
    {
        var done = new TaskCompletionSource<T>();
        var thread = new Thread(() =>
        {
            try
            {
                DropNetAdmin();
                done.SetResult(work());
            }
            catch (Exception error)
            {
                done.SetException(error);
            }
        });
        thread.Start();
        thread.Join();
        return done.Task.GetAwaiter().GetResult();
    }

    // The version, this thread; then effective, permitted and inheritable capabilities, the low half first.
    private static void DropNetAdmin()
    {
        uint[] header = [Version, 0], sets = new uint[6];
        Assert.AreEqual(0, GetCapabilities(header, sets));
        sets[0] &= ~(1u << NetAdmin);
        Assert.AreEqual(0, SetCapabilities(header, sets));
    }

    [DllImport("libc", EntryPoint = "capget")]
    private static extern int GetCapabilities(uint[] header, [In, Out] uint[] sets);

    [DllImport("libc", EntryPoint = "capset")]
    private static extern int SetCapabilities(uint[] header, uint[] sets);
}
