using NetPol.Nftables;
using NetPol.Nftables.Transactions;
using NetPol.Rendering;

namespace NetPol.Agent.Enforcing;

/// <summary>
/// Commits slices that take <see cref="Target"/> each, as far as the slices before tell. After each slice it leaves the kernel alone for a while, so that a program that waits for
/// the lock of nf_tables gets it before the next slice. Not for use by two threads at once.
/// </summary>
internal sealed class CommitPacer(TimeProvider time) : ICommitPacer
{
    /// <summary>The time that a slice should take.</summary>
    public static readonly TimeSpan Target = TimeSpan.FromMilliseconds(50);

    /// <summary>Commits of less than this are not worth a pause: nothing else waits for as long.</summary>
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(10);

    private const int Least = 64;
    private const int Most = 65_536;
    private const int First = 2_048;

    /// <summary>A slice grows by no more than this factor over the one before: a table costs more the larger it is.</summary>
    private const double MostGrowth = 2;

    public int Weight { get; private set; } = First;

    public void Commit(INftables nftables, Transaction slice, int weight)
    {
        var started = time.GetTimestamp();
        nftables.Commit(slice);
        var took = time.GetElapsedTime(started);
        // Small ones say nothing of large ones: most of their time is the commit's own.
        if (took > Target || weight > Weight / 2)
            Weight = (int)Math.Clamp(weight * Math.Min(Target / took, MostGrowth), Least, Most);
        if (took > Short)
            Thread.Sleep(took / 4);
    }
}
