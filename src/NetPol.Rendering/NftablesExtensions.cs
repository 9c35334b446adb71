using NetPol.Nftables;

namespace NetPol.Rendering;

/// <summary>Changes of a table, committed.</summary>
public static class NftablesExtensions
{
    /// <summary>
    /// Commits a change, step by step. The step with effect is one commit. What comes before and after it, no packet meets: with a pacer it is committed in slices, so that
    /// the kernel is free for others in between.
    /// </summary>
    /// <param name="nftables">Where.</param>
    /// <param name="change">What.</param>
    /// <param name="inForce">Told as soon as packets are judged by it, before the last step.</param>
    /// <param name="pacer">How much is committed at once; null for each step whole.</param>
    /// <exception cref="NftablesException">
    /// The kernel refused a step. If <paramref name="inForce"/> was not told, packets are judged as before. What was prepared, or was still to be removed, is left in
    /// the table, where nothing leads to it and the next <see cref="TableDiff"/> finds it.
    /// </exception>
    public static void Commit(this INftables nftables, TableChange change, Action? inForce = null, ICommitPacer? pacer = null)
    {
        ArgumentNullException.ThrowIfNull(nftables);
        ArgumentNullException.ThrowIfNull(change);
        if (!change.IsEmpty)
        {
            CommitSlices(nftables, change.Preparation, pacer);
            // Those that began in the midst of the change before have nothing that stops them now; and no packet may see two commits.
            nftables.WaitForPackets();
            nftables.Commit(change.Effect);
        }
        inForce?.Invoke();
        if (!change.Removal.IsEmpty)
        {
            // What goes is still on the way of those that began before.
            nftables.WaitForPackets();
            CommitSlices(nftables, change.Removal, pacer);
        }
    }

    private static void CommitSlices(INftables nftables, Transaction step, ICommitPacer? pacer)
    {
        if (pacer is null)
        {
            nftables.Commit(step);
            return;
        }
        var slicer = new TransactionSlicer(step, pacer.Whole);
        if (slicer.IsWhole)
        {
            // A small step does not wait for the pause that a large one before it leaves to others.
            if (!step.IsEmpty)
                nftables.Commit(step);
            return;
        }
        while (slicer.First is { } first)
        {
            var (slice, weight) = slicer.Next(pacer.WeightFor(first));
            pacer.Commit(nftables, slice, weight);
        }
    }
}
