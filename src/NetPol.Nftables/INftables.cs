using NetPol.Nftables.Transactions;

namespace NetPol.Nftables;

/// <summary>The nf_tables of one network namespace.</summary>
public interface INftables
{
    /// <summary>Makes all changes at once; an empty transaction does nothing.</summary>
    /// <exception cref="NftablesException">The kernel refused an operation; nothing has changed.</exception>
    void Commit(Transaction transaction);

    /// <summary>The content of a table of the family inet at one moment; null when there is no such table.</summary>
    /// <exception cref="NftablesException">The kernel refused to list it.</exception>
    TableState? Read(string table);

    /// <summary>All counters of a table at one moment, by name; empty when there is no such table.</summary>
    /// <exception cref="NftablesException">The kernel refused to list them.</exception>
    IReadOnlyList<CounterValue> ReadCounters(string table);
}
