using NetPol.Nftables;

namespace NetPol.Rendering;

/// <summary>Changes of a table, committed.</summary>
public static class NftablesExtensions
{
    /// <summary>Commits a change, step by step.</summary>
    /// <exception cref="NftablesException">
    /// The kernel refused a step. What was prepared before it is left in the table, where nothing leads to it and the next <see cref="TableDiff"/> finds it.
    /// </exception>
    public static void Commit(this INftables nftables, TableChange change)
    {
        ArgumentNullException.ThrowIfNull(nftables);
        ArgumentNullException.ThrowIfNull(change);
        foreach (var step in change.Steps)
            nftables.Commit(step);
    }
}
