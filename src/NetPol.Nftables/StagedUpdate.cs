namespace NetPol.Nftables;

/// <summary>
/// An update of a table in three steps, committed one after another. Only the second step changes verdicts, at one instant. New objects are complete before
/// anything refers to them. Old objects are deleted after nothing refers to them and no packet is on its way there.
/// </summary>
/// <param name="Preparation">Adds objects that nothing refers to yet; may be empty.</param>
/// <param name="Effect">Changes the verdicts of packets; may be empty.</param>
/// <param name="Removal">Deletes objects that nothing refers to any more, and restores the commit guard; may be empty.</param>
public sealed record StagedUpdate(Transaction Preparation, Transaction Effect, Transaction Removal)
{
    /// <summary>Creates an update of one step, which changes verdicts.</summary>
    /// <param name="table">The table.</param>
    /// <param name="operations">The operations of the step.</param>
    public StagedUpdate(string table, IReadOnlyList<Operation> operations)
        : this(new(table, []), new(table, operations), new(table, []))
    {
    }

    /// <summary>The steps that are not empty, in order of commit.</summary>
    public IReadOnlyList<Transaction> Steps => [.. ((Transaction[])[Preparation, Effect, Removal]).Where(s => !s.IsEmpty)];

    public bool IsEmpty => Steps.Count == 0;

    /// <summary>The number of operations in all steps.</summary>
    public int Size => Steps.Sum(s => s.Operations.Count);

    /// <summary>Creates an update of one step, for objects that no packet meets.</summary>
    /// <param name="table">The table.</param>
    /// <param name="operations">The operations of the step.</param>
    public static StagedUpdate WithoutEffect(string table, IReadOnlyList<Operation> operations) => new(new(table, operations), new(table, []), new(table, []));

    /// <summary>Whether this is the other change, or what is left of it when nothing but its preparation was committed.</summary>
    public bool IsRemainderOf(StagedUpdate other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return SameText(Effect, other.Effect) && SameText(Removal, other.Removal) && (Preparation.IsEmpty || SameText(Preparation, other.Preparation));
    }

    /// <summary>The same steps with other operations.</summary>
    /// <param name="select">Gives the operation that replaces one; null to leave it out.</param>
    public StagedUpdate Select(Func<Operation, Operation?> select) => new(Select(Preparation, select), Select(Effect, select), Select(Removal, select));

    /// <summary>As text: commands that <c>nft -f</c> accepts, those of each step.</summary>
    public override string ToString() => string.Concat(Steps);

    private static bool SameText(Transaction one, Transaction other) => string.Equals(one.ToString(), other.ToString(), StringComparison.Ordinal);

    private static Transaction Select(Transaction step, Func<Operation, Operation?> select) => new(step.Table, [.. step.Operations.Select(select).OfType<Operation>()]);
}

/// <summary>Commits an update in its steps, whatever takes the batches.</summary>
/// <param name="interceptor">Stands between the steps and what takes them; null for nothing.</param>
public abstract class NftablesBackend(INftablesInterceptor? interceptor) : INftables
{
    public void Commit(StagedUpdate update, Action? programmed = null, ICommitPacer? pacer = null)
    {
        ArgumentNullException.ThrowIfNull(update);
        CommitSlices(update.Preparation, pacer);
        if (!update.Effect.IsEmpty)
        {
            // Packets that began in the midst of the update before have nothing that stops them now; and no packet may see two commits.
            WaitForPackets();
            CommitWhole(update.Effect);
        }
        programmed?.Invoke();
        if (!update.Removal.IsEmpty)
        {
            // What goes is still on the way of packets that began before.
            WaitForPackets();
            CommitSlices(update.Removal, pacer);
        }
    }

    public TableState? Read(string table) => Intercepted(() => ReadTable(table));

    public IReadOnlyList<CounterValue> ReadCounters(string table) => Intercepted(() => ReadAllCounters(table));

    /// <summary>Makes all changes at once; the transaction is not empty.</summary>
    internal abstract void CommitBatch(Transaction transaction);

    /// <summary>Returns when no packet is on its way through the rules any more that began before the last commit; at once where that was long ago.</summary>
    internal abstract void WaitForPackets();

    private protected abstract TableState? ReadTable(string table);

    private protected abstract IReadOnlyList<CounterValue> ReadAllCounters(string table);

    private void CommitSlices(Transaction step, ICommitPacer? pacer)
    {
        if (pacer is null)
        {
            CommitWhole(step);
            return;
        }
        var slicer = new TransactionSlicer(step, pacer.MaxUnslicedWeight);
        if (slicer.IsSingleSlice)
        {
            // A small step does not wait for the pause that a large one before it leaves to others.
            CommitWhole(step);
            return;
        }
        while (slicer.NextOperation is { } first)
        {
            var (slice, weight) = slicer.Next(pacer.MaxWeight(first));
            pacer.Commit(slice, weight, CommitWhole);
        }
    }

    private void CommitWhole(Transaction step)
    {
        if (step.IsEmpty)
            return;
        if (interceptor is null)
            CommitBatch(step);
        else
            interceptor.Commit(step, CommitBatch);
    }

    private T Intercepted<T>(Func<T> read) => interceptor is null ? read() : interceptor.Read(read);
}

/// <summary>Sets the size of the slices of the steps without effect. During a commit, other programs cannot change nf_tables of the network namespace.</summary>
public interface ICommitPacer
{
    /// <summary>A step that weighs no more is committed whole.</summary>
    int MaxUnslicedWeight { get; }

    /// <summary>The largest weight of the next slice, see <see cref="TransactionSlicer.Next"/>.</summary>
    /// <param name="first">Its first operation.</param>
    int MaxWeight(Operation first);

    /// <summary>Commits a slice of a weight, and waits as long as others are to have room.</summary>
    /// <param name="slice">What.</param>
    /// <param name="weight">Its weight.</param>
    /// <param name="commit">Commits it.</param>
    /// <exception cref="NftablesException">The kernel refused it.</exception>
    void Commit(Transaction slice, int weight, Action<Transaction> commit);
}
