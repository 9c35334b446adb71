using NetPol.Netlink;
using NetPol.Netlink.NfTables;
using NetPol.Nftables.Transactions;

namespace NetPol.Nftables.Kernel;

/// <summary>
/// The kernel's nf_tables, in the network namespace of the thread that opened it. Needs CAP_NET_ADMIN there. Not for use by two threads at once.
/// </summary>
public sealed class KernelNftables : INftables, IDisposable
{
    private const int ReadAttempts = 10;
    private readonly NfTablesSocket _socket;
    private readonly NfTablesBatch _batch = new() { IsExclusive = true };

    private KernelNftables(NfTablesSocket socket) => _socket = socket;

    /// <exception cref="NetlinkException">The kernel has no nfnetlink.</exception>
    public static KernelNftables Open() => new(NfTablesSocket.Open());

    /// <summary>Hears what others than this object change in a table from now on.</summary>
    /// <param name="table">The table.</param>
    /// <param name="friends">Ports of sockets whose changes are not told either.</param>
    public KernelTableWatch Watch(string table, params ReadOnlySpan<uint> friends) => new(NfTablesMonitor.Open(NfFamily.Inet, table, [_socket.PortId, .. friends]));

    public void Commit(Transaction transaction)
    {
        _batch.Clear();
        foreach (var operation in transaction.Operations)
            OperationWriter.Write(_batch, transaction.Table, operation);
        try
        {
            _socket.Commit(_batch);
        }
        catch (NfBatchException refused) when (refused.Errors is [var first, ..])
        {
            throw new NftablesException(Describe(transaction, first.Operation), first.Errno, first.Ack);
        }
    }

    public TableState? Read(string table)
    {
        // A listing is many dumps; the generation says whether they belong together.
        for (var attempt = 0; attempt < ReadAttempts; attempt++)
        {
            try
            {
                var before = _socket.ReadGeneration();
                var state = TableReader.Read(_socket, table);
                if (_socket.ReadGeneration() == before)
                    return state;
            }
            catch (NetlinkException changing) when (changing.Errno is NetlinkErrno.Interrupted or NetlinkErrno.NoEntry)
            {
                // Something was removed between two dumps: list again.
            }
        }
        throw Changing($"list table inet {table}");
    }

    public IReadOnlyList<CounterValue> ReadCounters(string table)
    {
        for (var attempt = 0; attempt < ReadAttempts; attempt++)
        {
            try
            {
                return
                [
                    .. _socket.ListCounters(NfFamily.Inet, table).Select(c => new CounterValue(c.Name, c.Packets, c.Bytes, c.Tag))
                        .OrderBy(c => c.Name, StringComparer.Ordinal),
                ];
            }
            catch (NetlinkException changing) when (changing.Errno == NetlinkErrno.Interrupted)
            {
                // A commit came between two parts of the dump: list again.
            }
        }
        throw Changing($"list counters inet {table}");
    }

    public void Dispose() => _socket.Dispose();

    private static NftablesException Changing(string asked) =>
        new(asked, NetlinkErrno.Interrupted, new($"it changed in each of {ReadAttempts} attempts", null, null));

    private static string Describe(Transaction transaction, int? operation) => operation is { } index
        ? OperationText.Describe(transaction.Table, transaction.Operations[index])
        : $"commit {transaction.Operations.Count} changes of table inet {transaction.Table}";
}
