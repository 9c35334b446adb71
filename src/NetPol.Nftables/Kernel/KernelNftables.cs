using System.Diagnostics;
using NetPol.Netlink;
using NetPol.Nftables.Expressions;

namespace NetPol.Nftables.Kernel;

/// <summary>
/// The kernel's nf_tables, in the network namespace of the thread that opened it. Needs CAP_NET_ADMIN there. Not for use by two threads at once, except
/// <see cref="CommitMessages"/>.
/// </summary>
public sealed class KernelNftables : NftablesBackend, IDisposable
{
    private const int ReadAttempts = 10;

    /// <summary>Longer than any packet takes.</summary>
    private static readonly TimeSpan MaxPacketTime = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly NftablesSocket _socket;
    private readonly NftablesBatch _batch;

    // Another program may have committed just before.
    private long? _committed = Stopwatch.GetTimestamp();

    private KernelNftables(NftablesSocket socket, TableFamily family, INftablesInterceptor? interceptor, bool ownsTables)
        : base(interceptor) =>
        (_socket, Family, OwnsTables, _batch) = (socket, family, ownsTables, new(family, "") { IsExclusive = true, OwnsTables = ownsTables });

    /// <exception cref="NetlinkException">The kernel has no nfnetlink.</exception>
    public static KernelNftables Open() => Open(TableFamily.Inet);

    /// <summary>For tables of one family.</summary>
    /// <exception cref="NetlinkException">The kernel has no nfnetlink. Whether it has the family, the first commit says (EAFNOSUPPORT, EOPNOTSUPP).</exception>
    public static KernelNftables Open(TableFamily family, INftablesInterceptor? interceptor = null) => new(NftablesSocket.Open(), family, interceptor, ownsTables: false);

    /// <summary>
    /// For tables of one family that no other program may change while this object lives. They stay when it is disposed, and the next owner claims them. Where the kernel
    /// has no such tables (before Linux 6.9), <see cref="OwnsTables"/> is false.
    /// </summary>
    /// <exception cref="NetlinkException">The kernel has no nfnetlink, or the caller has no CAP_NET_ADMIN.</exception>
    public static KernelNftables OpenOwner(TableFamily family, INftablesInterceptor? interceptor = null)
    {
        var socket = NftablesSocket.Open();
        try
        {
            return new(socket, family, interceptor, SupportsOwnership(socket, family));
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Whether it owns the tables that it creates.</summary>
    public bool OwnsTables { get; }

    /// <summary>The family of the tables that it reads and writes.</summary>
    public TableFamily Family { get; }

    /// <summary>Commits a batch that another component made, under the same ownership. Thread-safe.</summary>
    /// <exception cref="NftablesException">The kernel refused it; nothing has changed.</exception>
    public void CommitMessages(NftablesBatch batch)
    {
        lock (_lock)
            _socket.Commit(batch);
    }

    private string FullName(string table) => $"{TableFamilyText.Name(Family)} {table}";

    /// <summary>Watches a table for changes by other sockets from now on.</summary>
    /// <param name="table">The table.</param>
    public TableMonitor Watch(string table) => TableMonitor.Open(Family, table, _socket.PortId);

    internal override void CommitBatch(Transaction transaction)
    {
        _batch.Clear(transaction.Table);
        try
        {
            foreach (var operation in transaction.Operations)
                _batch.Add(operation);
            CommitMessages(_batch);
            _committed = Stopwatch.GetTimestamp();
        }
        catch (NftablesException refused) when (refused.Errno == NetlinkErrno.NotPermitted && FindForeignOwner(transaction.Table) is { } owner)
        {
            throw new NftablesException(refused.Asked, refused.Errno, new($"another program owns the table through netlink port {owner}: stop that program", null, null));
        }
        finally
        {
            // The batch would keep the operations in memory.
            _batch.Clear();
        }
    }

    internal override void WaitForPackets()
    {
        if (_committed is { } at && Stopwatch.GetElapsedTime(at) < MaxPacketTime)
            PacketBarrier.Wait();
        _committed = null;
    }

    // A listing is many dumps. They are consistent if the generation stays the same.
    private protected override TableState? ReadTable(string table) => List($"list table {FullName(table)}", () =>
    {
        var before = _socket.ReadGeneration();
        var state = TableReader.Read(_socket, Family, table, OwnsTables);
        return (state, _socket.ReadGeneration() == before);
    });

    private protected override IReadOnlyList<CounterValue> ReadAllCounters(string table) => List<IReadOnlyList<CounterValue>>($"list counters {FullName(table)}", () =>
    (
        [
            .. _socket.ListCounters(Family, table).Select(c => c.Value)
                .OrderBy(c => c.Name, StringComparer.Ordinal),
        ],
        true));

    public void Dispose() => _socket.Dispose();

    private uint? FindForeignOwner(string table)
    {
        lock (_lock)
            return _socket.FindTable(Family, table)?.OwnerPort is { } owner && owner != _socket.PortId ? owner : null;
    }

    /// <summary>Tests it with a table that exists only inside one transaction.</summary>
    private static bool SupportsOwnership(NftablesSocket socket, TableFamily family)
    {
        var probe = new NftablesBatch(family, $"netpol-probe-{socket.PortId}") { IsExclusive = true, OwnsTables = true };
        probe.Add(new Operation.AddTable(Comment: null));
        probe.Add(new Operation.DeleteTable());
        try
        {
            socket.Commit(probe);
            return true;
        }
        catch (NftablesException refused) when (refused.Errno is NetlinkErrno.NotSupported or NetlinkErrno.Invalid)
        {
            return false;
        }
    }

    /// <summary>Lists again if a commit changes the objects meanwhile.</summary>
    private T List<T>(string asked, Func<(T Content, bool IsConsistent)> list)
    {
        for (var attempt = 0; attempt < ReadAttempts; attempt++)
        {
            try
            {
                lock (_lock)
                {
                    if (list() is (var content, true))
                        return content;
                }
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

/// <summary>
/// Lists a table and returns its content as a value. It contains objects of other programs that have a name and can be removed. It does not contain sets and chains
/// that belong to one rule and are deleted with it.
/// </summary>
internal static class TableReader
{
    /// <summary>Returns the table; null if it does not exist.</summary>
    public static TableState? Read(NftablesSocket socket, TableFamily family, string name, bool ownsTables)
    {
        if (socket.FindTable(family, name) is not { } table)
            return null;
        var rules = socket.ListRules(family, name).ToLookup(r => r.Chain, StringComparer.Ordinal);
        return new(
            name,
            table.Comment,
            socket.ListCounters(family, name).Select(c => c.Counter),
            socket.ListSets(family, name).Select(s => ReadSet(socket, family, name, s)),
            socket.ListChains(family, name).Select(c => new ChainState(c, rules[c.Name].Select(RuleDecoder.Decode))))
        {
            IsDormant = table.Flags.HasFlag(TableFlags.Dormant),
            Ownership = FindOwnership(table, socket.PortId, ownsTables),
        };
    }

    private static TableOwnership FindOwnership(Table table, uint self, bool ownsTables) => table switch
    {
        { OwnerPort: { } owner } => owner == self ? TableOwnership.Own : TableOwnership.Foreign,
        _ when !ownsTables => TableOwnership.Shared,
        { Flags: var flags } => flags.HasFlag(TableFlags.Persist) ? TableOwnership.Orphaned : TableOwnership.Unowned,
    };

    /// <summary>Returns a set with its elements. A set with an element of a kind that NetPol does not write is foreign.</summary>
    public static SetState ReadSet(NftablesSocket socket, TableFamily family, string table, Set set)
    {
        if (set.IsForeign)
            return new(set, ElementList.Empty);
        var isForeign = false;
        List<Element> elements = [];
        List<(ElementKey Key, bool IsEnd, PacketVerdict Verdict)> edges = [];
        var isSplit = set.IsInterval && set.Key.Second is null;
        socket.ReadElements(family, table, set.Name, (in element) =>
        {
            isForeign |= element.HasExpressions || element.Flags.HasFlag(ElementFlags.CatchAll);
            if (isForeign || set.HasTimeouts)
                return;
            var key = ElementKey.FromBytes(element.Key);
            if (isSplit)
                edges.Add((key, element.Flags.HasFlag(ElementFlags.IntervalEnd), element.Verdict));
            else
                elements.Add(new(key, element.KeyEnd.IsEmpty ? key : ElementKey.FromBytes(element.KeyEnd), element.Verdict));
        });
        return isForeign ? new(set with { IsForeign = true }, ElementList.Empty) : new(set, ElementList.Create(isSplit ? JoinIntervals(set.Key, edges) : elements));
    }

    /// <summary>Intervals of one field come as a start and, unless they reach the last value, as the first value behind them.</summary>
    private static IEnumerable<Element> JoinIntervals(KeyType type, List<(ElementKey Key, bool IsEnd, PacketVerdict Verdict)> edges)
    {
        edges.Sort((a, b) => a.Key != b.Key ? a.Key.CompareTo(b.Key) : b.IsEnd.CompareTo(a.IsEnd));
        var highest = UInt128.MaxValue >> (128 - (8 * type.Length));
        for (var i = 0; i < edges.Count; i++)
        {
            if (!edges[i].IsEnd)
                yield return new(edges[i].Key, type.Key(i + 1 < edges.Count ? type.Values(edges[i + 1].Key).First - 1 : highest), edges[i].Verdict);
        }
    }
}
