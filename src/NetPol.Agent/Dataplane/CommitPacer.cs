using NetPol.Nftables;

namespace NetPol.Agent.Dataplane;

/// <summary>
/// Sizes transactions by the measured time of earlier ones, so that each takes about <see cref="TargetDuration"/>. The weight of an operation estimates its cost (<see cref="TransactionSlicer"/>); a slice weighs at most twice as much as the slice before it. If the time of
/// one operation grows at most in proportion to the chains and sets of the table, a slice exceeds <see cref="MaxDuration"/> only if it is one operation that takes as long. DESIGN.md of
/// NetPol.Rendering has the proof. After commits of <see cref="MaxBurst"/> other programs have a <see cref="Pause"/>. Not safe for two threads at once.
/// </summary>
/// <param name="time">Measures commits.</param>
/// <param name="sleep">Waits for a time.</param>
internal sealed class CommitPacer(TimeProvider time, Action<TimeSpan> sleep) : ICommitPacer
{
    /// <summary>How long a transaction is to take; earlier ones of the same kinds predict it.</summary>
    public static readonly TimeSpan TargetDuration = TimeSpan.FromMilliseconds(50);

    /// <summary>The longest time that a transaction of several operations may take: four times the target.</summary>
    public static readonly TimeSpan MaxDuration = TimeSpan.FromMilliseconds(200);

    /// <summary>How long slices may follow each other without a pause. The last slice may exceed it.</summary>
    public static readonly TimeSpan MaxBurst = TimeSpan.FromMilliseconds(50);

    /// <summary>
    /// The time for other programs after a burst. A free lock is not enough: nft first reads the rules, and starts again when another commit comes between (NFNL_BATCH_GENID).
    /// </summary>
    public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>A step of more weight is always committed in slices.</summary>
    public const int MaxWholeWeight = 1_024;

    private const int MaxSliceWeight = 65_536;
    private const double MaxGrowth = 2;

    private readonly Dictionary<Type, Estimate> _estimates = [];
    private TimeSpan _burst;
    private long _ended;
    private int _objects;

    /// <remarks>False for a step with a kind of operation that was never measured.</remarks>
    public bool CanCommitWhole(Transaction step)
    {
        ArgumentNullException.ThrowIfNull(step);
        return step.Operations.Sum(o => (long)TransactionSlicer.Weigh(o)) <= MaxWholeWeight && ShareOfTarget(WeightsByKind(step)) <= 1;
    }

    public void CommitWhole(Transaction step, Action<Transaction> commit) => Measure(step, commit);

    public int CommitSlice(Transaction slice, int weight, Action<Transaction> commit)
    {
        if (_ended == 0 || time.GetElapsedTime(_ended) >= Pause)
            _burst = TimeSpan.Zero;
        if (_burst >= MaxBurst)
        {
            _burst = TimeSpan.Zero;
            sleep(Pause);
        }
        var took = Measure(slice, commit);
        _burst += took;
        _ended = time.GetTimestamp();
        return (int)Math.Clamp(Grow(weight, took), 1, MaxSliceWeight);
    }

    private static double Grow(double weight, TimeSpan took) => weight * Math.Min(MaxGrowth, TargetDuration / took);

    private static Dictionary<Type, int> WeightsByKind(Transaction step)
    {
        Dictionary<Type, int> weights = [];
        foreach (var operation in step.Operations)
            weights[operation.GetType()] = weights.GetValueOrDefault(operation.GetType()) + TransactionSlicer.Weigh(operation);
        return weights;
    }

    /// <summary>Returns the expected time in units of <see cref="TargetDuration"/>.</summary>
    private double ShareOfTarget(Dictionary<Type, int> weights) => weights.Sum(w => w.Value / AllowedWeight(w.Key));

    private double AllowedWeight(Type kind) =>
        _estimates.TryGetValue(kind, out var estimate) ? estimate.Weight * Math.Min(1, (estimate.Objects + 1.0) / (_objects + 1.0)) : 1;

    private TimeSpan Measure(Transaction transaction, Action<Transaction> commit)
    {
        var started = time.GetTimestamp();
        commit(transaction);
        var took = time.GetElapsedTime(started);
        var weights = WeightsByKind(transaction);
        // Below 1 when the commit took longer than expected.
        var scale = Math.Min(1, ShareOfTarget(weights) * (TargetDuration / took));
        var allowed = weights.ToDictionary(w => w.Key, w => Math.Clamp(Math.Max(AllowedWeight(w.Key) * scale, Grow(w.Value, took)), 1, MaxSliceWeight));
        foreach (var operation in transaction.Operations)
            _objects = operation is Operation.AddTable ? 0 : Math.Max(0, _objects + ObjectsAdded(operation));
        foreach (var (kind, weight) in allowed)
            _estimates[kind] = new(weight, _objects);
        return took;
    }

    private static int ObjectsAdded(Operation operation) => operation switch
    {
        Operation.AddChain or Operation.AddSet => 1,
        Operation.DeleteChain or Operation.DeleteSet => -1,
        _ => 0,
    };

    /// <summary>The largest weight of a transaction of one kind, and the number of chains and sets of the table when it was measured.</summary>
    private readonly record struct Estimate(double Weight, int Objects);
}
