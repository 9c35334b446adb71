using NetPol.Netlink;

namespace NetPol.Nftables.Kernel;

/// <summary>
/// Looks at one table in the kernel, in the network namespace of the thread that opened it; reads what is asked for and no more. Looks at
/// different moments see different states. Not for use by two threads at once.
/// </summary>
public sealed class KernelTableView : ITableView
{
    private const TableFamily Family = TableFamily.Inet;
    private readonly NftablesSocket _socket;
    private readonly string _table;

    private KernelTableView(NftablesSocket socket, string table) => (_socket, _table) = (socket, table);

    /// <exception cref="NftablesException">There is no socket to be had.</exception>
    public static KernelTableView Open(string table) => new(Ask(table, NftablesSocket.Open), table);

    public uint ReadGeneration() => Ask(_socket.ReadGeneration);

    public IReadOnlyList<Rule> Rules(string chain) => Ask(() => _socket.ListRules(Family, _table, chain));

    public Element? Find(string set, KeyType type, UInt128 first, UInt128 second) => Ask<Element?>(() =>
    {
        if (_socket.FindSet(Family, _table, set) is not { IsForeign: false } found || found.Key != type)
            return null;
        if (found.IsInterval)
            return TableStateView.FindContaining(TableReader.ReadSet(_socket, Family, _table, found).Elements, type, first, second);
        var key = type.Second is null ? type.Key(first) : type.Key(first, second);
        Span<byte> bytes = stackalloc byte[type.Length];
        key.WriteBytes(bytes);
        Element? element = null;
        _socket.FindElement(Family, _table, set, bytes, (in e) => element = Element.Create(key, e.Verdict));
        return element;
    });

    public CounterValue? Counter(string name) =>
        Ask(() => _socket.FindCounter(Family, _table, name));

    public void Dispose() => _socket.Dispose();

    private T Ask<T>(Func<T> look) => Ask(_table, look);

    private static T Ask<T>(string table, Func<T> look)
    {
        try
        {
            return look();
        }
        catch (NetlinkException error)
        {
            throw new NftablesException($"look at table inet {table}", error.Errno, error.Ack);
        }
    }
}
