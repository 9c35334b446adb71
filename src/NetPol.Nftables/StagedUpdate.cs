namespace NetPol.Nftables;

/// <summary>
/// An update of a table in three steps, committed one after another. Only the second step changes verdicts, at one instant. New objects are complete before
/// anything refers to them. Old objects are deleted after nothing refers to them and no packet is on its way there.
/// </summary>
/// <param name="Preparation">Adds objects that nothing refers to yet; may be empty.</param>
/// <param name="Effect">Changes the verdicts of packets; may be empty.</param>
/// <param name="Removal">Deletes objects that nothing refers to any more, and resets the commit guard; may be empty.</param>
public sealed record StagedUpdate(Transaction Preparation, Transaction Effect, Transaction Removal)
{
    /// <summary>Creates an update of one step, which changes verdicts.</summary>
    /// <param name="table">The table.</param>
    /// <param name="operations">The operations of the step.</param>
    public StagedUpdate(string table, IReadOnlyList<Operation> operations)
        : this(new(table, []), new(table, operations), new(table, []))
    {
    }

    /// <summary>
    /// Whether packets that started before the preparation must end before the step with effect. False if the update itself drops those that meet it.
    /// </summary>
    public bool WaitsBeforeEffect { get; init; } = true;

    /// <summary>The steps that are not empty, in order of commit.</summary>
    public IReadOnlyList<Transaction> Steps => [.. ((Transaction[])[Preparation, Effect, Removal]).Where(s => !s.IsEmpty)];

    public bool IsEmpty => Steps.Count == 0;

    /// <summary>The number of operations in all steps.</summary>
    public int Size => Steps.Sum(s => s.Operations.Count);

    /// <summary>Creates an update of one step, for objects that no packet meets.</summary>
    /// <param name="table">The table.</param>
    /// <param name="operations">The operations of the step.</param>
    public static StagedUpdate WithoutEffect(string table, IReadOnlyList<Operation> operations) => new(new(table, operations), new(table, []), new(table, []));

    /// <summary>Whether this equals the other change, or the other change without its preparation.</summary>
    public bool IsRemainderOf(StagedUpdate other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return SameText(Effect, other.Effect) && SameText(Removal, other.Removal) && (Preparation.IsEmpty || SameText(Preparation, other.Preparation));
    }

    /// <summary>Returns the same steps with other operations.</summary>
    /// <param name="select">Returns the replacement of an operation; null to leave it out.</param>
    public StagedUpdate Select(Func<Operation, Operation?> select) =>
        this with { Preparation = Select(Preparation, select), Effect = Select(Effect, select), Removal = Select(Removal, select) };

    /// <summary>As text: commands that <c>nft -f</c> accepts, those of each step.</summary>
    public override string ToString() => string.Concat(Steps);

    private static bool SameText(Transaction one, Transaction other) => string.Equals(one.ToString(), other.ToString(), StringComparison.Ordinal);

    private static Transaction Select(Transaction step, Func<Operation, Operation?> select) => new(step.Table, [.. step.Operations.Select(select).OfType<Operation>()]);
}

/// <summary>Commits an update in its steps. Subclasses take the batches.</summary>
/// <param name="interceptor">Intercepts each batch and read; null for none.</param>
public abstract class NftablesBackend(INftablesInterceptor? interceptor) : INftables
{
    /// <summary>Whether packets may be on their way that started before the last step with effect.</summary>
    private bool _hasOldPackets;

    public void Commit(StagedUpdate update, Action? programmed = null, ICommitPacer? pacer = null)
    {
        ArgumentNullException.ThrowIfNull(update);
        CommitSlices(update.Preparation, pacer);
        if (!update.Effect.IsEmpty)
        {
            // No packet may see two steps with effect: the guard of one update covers only the packets since the effect before it.
            if (update.WaitsBeforeEffect || _hasOldPackets)
                WaitForPackets();
            CommitWhole(update.Effect, pacer);
            _hasOldPackets = true;
        }
        programmed?.Invoke();
        if (!update.Removal.IsEmpty)
        {
            // Packets that started before may still use the old objects.
            WaitForPackets();
            _hasOldPackets = false;
            CommitSlices(update.Removal, pacer);
        }
    }

    public TableState? Read(string table) => Intercepted(() => ReadTable(table));

    public IReadOnlyList<CounterValue> ReadCounters(string table) => Intercepted(() => ReadAllCounters(table));

    /// <summary>Commits all operations at once. The transaction is not empty.</summary>
    internal abstract void CommitBatch(Transaction transaction);

    /// <summary>Waits for packets that started before the last commit. Returns at once if that was long ago.</summary>
    internal abstract void WaitForPackets();

    private protected abstract TableState? ReadTable(string table);

    private protected abstract IReadOnlyList<CounterValue> ReadAllCounters(string table);

    private void CommitSlices(Transaction step, ICommitPacer? pacer)
    {
        if (pacer is null || pacer.CanCommitWhole(step))
        {
            CommitWhole(step, pacer);
            return;
        }
        var slicer = new TransactionSlicer(step);
        var (kind, most) = (typeof(Operation), 0);
        while (slicer.NextOperation is { } next)
        {
            if (next.GetType() != kind)
                (kind, most) = (next.GetType(), 1);
            var (slice, weight) = slicer.Next(most);
            most = pacer.CommitSlice(slice, weight, CommitNow);
        }
    }

    private void CommitWhole(Transaction step, ICommitPacer? pacer)
    {
        if (step.IsEmpty)
            return;
        if (pacer is null)
            CommitNow(step);
        else
            pacer.CommitWhole(step, CommitNow);
    }

    private void CommitNow(Transaction transaction)
    {
        if (interceptor is null)
            CommitBatch(transaction);
        else
            interceptor.Commit(transaction, CommitBatch);
    }

    private T Intercepted<T>(Func<T> read) => interceptor is null ? read() : interceptor.Read(read);
}

/// <summary>
/// Limits how long one transaction takes. During a transaction, other programs cannot change nf_tables of the network namespace. The first slice of each kind of operation in a
/// step is one operation; the result of <see cref="CommitSlice"/> limits the slice after it.
/// </summary>
public interface ICommitPacer
{
    /// <summary>Returns whether a step without effect is short enough for one transaction.</summary>
    /// <param name="step">The step; may be empty.</param>
    bool CanCommitWhole(Transaction step);

    /// <summary>Commits a whole step.</summary>
    /// <param name="step">The step, not empty.</param>
    /// <param name="commit">Commits it.</param>
    /// <exception cref="NftablesException">The kernel refused it.</exception>
    void CommitWhole(Transaction step, Action<Transaction> commit);

    /// <summary>Commits a slice. Before it, waits if other programs need time.</summary>
    /// <param name="slice">The slice.</param>
    /// <param name="weight">Its weight, see <see cref="TransactionSlicer.Weigh"/>.</param>
    /// <param name="commit">Commits it.</param>
    /// <returns>The maximum weight of the next slice of the same kind in this step.</returns>
    /// <exception cref="NftablesException">The kernel refused it.</exception>
    int CommitSlice(Transaction slice, int weight, Action<Transaction> commit);
}
