using NetPol.Nftables.Transactions;

namespace NetPol.Nftables;

/// <summary>The nf_tables of one network namespace.</summary>
public interface INftables
{
    /// <summary>Makes all changes at once; an empty transaction does nothing.</summary>
    /// <exception cref="NftablesException">
    /// The kernel refused an operation, and nothing has changed; or its answer was lost, which the next look at the table makes up for.
    /// </exception>
    void Commit(Transaction transaction);

    /// <summary>Returns when no packet is on its way through the rules any more that began before the last commit; at once where that was long ago.</summary>
    void WaitForPackets();

    /// <summary>The content of a table of the family inet at one moment; null when there is no such table.</summary>
    /// <exception cref="NftablesException">The kernel refused to list it, or it changed all the while.</exception>
    TableState? Read(string table);

    /// <summary>All counters of a table at one moment, by name; empty when there is no such table.</summary>
    /// <exception cref="NftablesException">The kernel refused to list them, or they changed all the while.</exception>
    IReadOnlyList<CounterValue> ReadCounters(string table);
}
