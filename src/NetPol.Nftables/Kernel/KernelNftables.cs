using System.Diagnostics;
using NetPol.Netlink;

namespace NetPol.Nftables.Kernel;

/// <summary>
/// The kernel's nf_tables, in the network namespace of the thread that opened it. Needs CAP_NET_ADMIN there. Not for use by two threads at once.
/// </summary>
public sealed class KernelNftables : NftablesBackend, IDisposable
{
    private const int ReadAttempts = 10;

    /// <summary>No packet takes as long.</summary>
    private static readonly TimeSpan LongAgo = TimeSpan.FromSeconds(1);

    private readonly NfTablesSocket _socket;
    private readonly NfTablesBatch _batch;

    private long? _committed;


    private KernelNftables(NfTablesSocket socket, TableFamily family, INftablesInterceptor? interceptor)
        : base(interceptor) =>
        (_socket, Family, _batch) = (socket, family, new(family, "") { IsExclusive = true });

    /// <exception cref="NetlinkException">The kernel has no nfnetlink.</exception>
    public static KernelNftables Open() => Open(TableFamily.Inet);

    /// <summary>For tables of one family.</summary>
    /// <exception cref="NetlinkException">The kernel has no nfnetlink. Whether it has the family, the first commit says (EAFNOSUPPORT, EOPNOTSUPP).</exception>
    public static KernelNftables Open(TableFamily family, INftablesInterceptor? interceptor = null) => new(NfTablesSocket.Open(), family, interceptor);

    /// <summary>The family of the tables that it reads and writes.</summary>
    public TableFamily Family { get; }

    private string Named(string table) => $"{TableFamilyText.Name(Family)} {table}";

    /// <summary>Hears what others than this object change in a table from now on.</summary>
    /// <param name="table">The table.</param>
    /// <param name="friends">Ports of sockets whose changes are not told either.</param>
    public KernelTableWatch Watch(string table, params ReadOnlySpan<uint> friends) => KernelTableWatch.Open(Family, table, [_socket.PortId, .. friends]);

    internal override void CommitBatch(Transaction transaction)
    {
        _batch.Clear(transaction.Table);
        try
        {
            foreach (var operation in transaction.Operations)
                _batch.Add(operation);
            _socket.Commit(_batch);
            _committed = Stopwatch.GetTimestamp();
        }
        finally
        {
            // It would keep the operations alive.
            _batch.Clear();
        }
    }

    internal override void WaitForPackets()
    {
        if (_committed is { } at && Stopwatch.GetElapsedTime(at) < LongAgo)
            PacketBarrier.Pass();
        _committed = null;
    }

    // A listing is many dumps; the generation says whether they belong together.
    private protected override TableState? ReadTable(string table) => List($"list table {Named(table)}", () =>
    {
        var before = _socket.ReadGeneration();
        var state = TableReader.Read(_socket, Family, table);
        return (state, _socket.ReadGeneration() == before);
    });

    private protected override IReadOnlyList<CounterValue> ReadAllCounters(string table) => List<IReadOnlyList<CounterValue>>($"list counters {Named(table)}", () =>
    (
        [
            .. _socket.ListCounters(Family, table).Select(c => c.Value)
                .OrderBy(c => c.Name, StringComparer.Ordinal),
        ],
        true));

    public void Dispose() => _socket.Dispose();

    /// <summary>Lists again when what it lists changes meanwhile.</summary>
    private static T List<T>(string asked, Func<(T Content, bool IsOfOneMoment)> list)
    {
        for (var attempt = 0; attempt < ReadAttempts; attempt++)
        {
            try
            {
                if (list() is (var content, true))
                    return content;
            }
            catch (NetlinkException changing) when (changing.Errno is NetlinkErrno.Interrupted or NetlinkErrno.NoEntry)
            {
                // A commit came between two parts of a dump, or something was removed between two dumps.
            }
            catch (NetlinkException failed)
            {
                throw new NftablesException(asked, failed.Errno, failed.Ack);
            }
        }
        throw new NftablesException(asked, NetlinkErrno.Interrupted, new($"it changed in each of {ReadAttempts} attempts", null, null));
    }
}
