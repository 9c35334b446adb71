using NetPol.Nftables;

namespace NetPol.Agent.Dataplane;

/// <summary>
/// Commits slices that take <see cref="TargetDuration"/> each, as far as earlier slices of the same kind of operation tell. After commits of <see cref="MaxBurst"/> it leaves nf_tables alone for
/// <see cref="Pause"/>. Not for use by two threads at once.
/// </summary>
/// <param name="time">Measures commits.</param>
/// <param name="sleep">Waits for a time.</param>
internal sealed class CommitPacer(TimeProvider time, Action<TimeSpan> sleep) : ICommitPacer
{
    /// <summary>The time that a slice should take.</summary>
    public static readonly TimeSpan TargetDuration = TimeSpan.FromMilliseconds(50);

    /// <summary>The longest time of commits in a row, but for the last of them.</summary>
    public static readonly TimeSpan MaxBurst = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// The time in which another program can change its tables: nft reads what is there first, and begins anew when a commit comes between (NFNL_BATCH_GENID), so that
    /// the lock alone does not help it.
    /// </summary>
    public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private const int WeightFloor = 64;
    private const int WeightCeiling = 65_536;
    private const int InitialWeight = 1_024;

    /// <summary>A slice grows by no more than this factor over the one before: a table costs more the larger it is.</summary>
    private const double MaxGrowth = 2;

    private readonly Dictionary<Type, int> _weights = [];
    private TimeSpan _burst;

    public int MaxUnslicedWeight => InitialWeight;

    public int MaxWeight(Operation first) => _weights.GetValueOrDefault(first.GetType(), InitialWeight);

    public void Commit(Transaction slice, int weight, Action<Transaction> commit)
    {
        if (_burst >= MaxBurst)
        {
            _burst = TimeSpan.Zero;
            sleep(Pause);
        }
        var started = time.GetTimestamp();
        commit(slice);
        var took = time.GetElapsedTime(started);
        _burst += took;
        var (kind, most) = (slice.Operations[0].GetType(), MaxWeight(slice.Operations[0]));
        // Small ones say nothing of large ones: most of their time is the commit's own.
        if (took > TargetDuration || weight > most / 2)
            _weights[kind] = (int)Math.Clamp(weight * Math.Min(TargetDuration / took, MaxGrowth), WeightFloor, WeightCeiling);
    }
}
