namespace NetPol.Nftables;

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
        var slicer = new TransactionSlicer(step, pacer.Whole);
        if (slicer.IsWhole)
        {
            // A small step does not wait for the pause that a large one before it leaves to others.
            CommitWhole(step);
            return;
        }
        while (slicer.First is { } first)
        {
            var (slice, weight) = slicer.Next(pacer.WeightFor(first));
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

/// <summary>Stands between an update and the kernel: measures what is asked of it, or changes it.</summary>
public interface INftablesInterceptor
{
    /// <summary>Commits one batch.</summary>
    /// <param name="transaction">The batch, which is not empty.</param>
    /// <param name="commit">Commits it.</param>
    void Commit(Transaction transaction, Action<Transaction> commit);

    /// <summary>Reads something.</summary>
    /// <param name="read">Reads it.</param>
    T Read<T>(Func<T> read);
}
