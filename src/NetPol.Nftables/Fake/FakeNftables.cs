using System.Collections.Immutable;
using NetPol.Netlink;
using NetPol.Nftables.Transactions;

namespace NetPol.Nftables.Fake;

/// <summary>
/// nf_tables in memory, for tests: refuses what the kernel refuses, with the same errno, and commits a transaction as a whole or not at
/// all. Nothing passes through it: <see cref="Count"/> says what has. As text, all tables in nft's form.
/// </summary>
public sealed class FakeNftables : INftables
{
    private ImmutableSortedDictionary<string, FakeTable> _tables = ImmutableSortedDictionary.Create<string, FakeTable>(StringComparer.Ordinal);

    /// <summary>How many transactions were committed; empty ones do not reach the kernel and do not count.</summary>
    public int Commits { get; private set; }

    public void Commit(Transaction transaction)
    {
        if (transaction.IsEmpty)
            return;
        var tables = _tables;
        foreach (var operation in transaction.Operations)
        {
            try
            {
                tables = Apply(tables, transaction.Table, operation);
            }
            catch (RefusedException refused)
            {
                throw new NftablesException(OperationText.Describe($"inet {transaction.Table}", operation), refused.Errno, ExtendedAck.None);
            }
        }
        if (tables.TryGetValue(transaction.Table, out var table) && !table.IsShallow())
            throw new NftablesException(OperationText.Describe($"inet {transaction.Table}", transaction.Operations[^1]), FakeTable.TooManyLinks, ExtendedAck.None);
        _tables = tables;
        Commits++;
    }

    public void WaitForPackets()
    {
        // Nothing passes through it.
    }

    public TableState? Read(string table) => _tables.GetValueOrDefault(table)?.ToState();

    public IReadOnlyList<CounterValue> ReadCounters(string table) =>
        _tables.TryGetValue(table, out var found) ? [.. found.Counters.Values.Select(c => c.Value)] : [];

    /// <summary>Counts as if packets had met a rule with this counter, which must be there.</summary>
    public void Count(string table, string counter, ulong packets, ulong bytes) =>
        _tables = _tables.SetItem(table, _tables[table].Count(counter, packets, bytes));

    public override string ToString() => string.Concat(_tables.Values.Select(t => NftText.Write(t.ToState())));

    private static ImmutableSortedDictionary<string, FakeTable> Apply(
        ImmutableSortedDictionary<string, FakeTable> tables, string name, Operation operation)
    {
        var exists = tables.TryGetValue(name, out var table);
        if (operation is Operation.AddTable add)
            return exists ? throw new RefusedException(NetlinkErrno.Exists) : tables.Add(name, new(name, add.Comment));
        if (!exists)
            throw new RefusedException(NetlinkErrno.NoEntry);
        return operation is Operation.DeleteTable ? tables.Remove(name) : tables.SetItem(name, table!.Apply(operation));
    }
}
