using NetPol.Netlink;
using NetPol.Nftables.Expressions;

namespace NetPol.Nftables.Kernel;

/// <summary>
/// Speaks nf_tables, in the network namespace of the thread that opened it. Lists are in the kernel's order. A list that was interrupted by a
/// change throws with <see cref="NetlinkErrno.Interrupted"/>: ask again. Not for use by two threads at once.
/// </summary>
public sealed class NftablesSocket : IDisposable
{
    private const int ReceiveBuffer = 4 * 1024 * 1024;
    private const ushort AttributeGenerationId = 1;
    private readonly NetlinkSocket _socket;
    private readonly MessageWriter _request = new(512);

    private NftablesSocket(NetlinkSocket socket) => _socket = socket;

    /// <exception cref="NetlinkException">The kernel has no nfnetlink.</exception>
    public static NftablesSocket Open()
    {
        var socket = NetlinkSocket.Open(NetlinkProtocol.Netfilter);
        try
        {
            socket.SetReceiveBuffer(ReceiveBuffer);
            return new(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>By which the kernel says whose a change was, see <see cref="TableMonitor"/>.</summary>
    public uint PortId => _socket.PortId;

    /// <summary>Does all operations or none. An empty batch does nothing.</summary>
    /// <param name="batch">Stays as it is, and can be sent again.</param>
    /// <param name="generation">If set, the kernel refuses the batch if nf_tables changed since <see cref="ReadGeneration"/> returned this number (<see cref="NetlinkErrno.Restart"/>).</param>
    /// <exception cref="NftablesException">
    /// The kernel refused; the exception lists every wrong operation. Or the answers were lost (<see cref="NetlinkErrno.NoBuffers"/>): read to know what is in the kernel.
    /// </exception>
    public void Commit(NftablesBatch batch, uint? generation = null)
    {
        if (batch.Count == 0 || batch.Length == 0)
            return;
        var refusals = new List<Refusal>();
        int? answer;
        try
        {
            var first = _socket.ReserveSequences(batch.Sequences);
            _socket.Send(batch.Finish(generation, first), batch.Describe(null));
            answer = ReadAnswers(batch, first, refusals);
        }
        catch (NetlinkException failed)
        {
            throw new NftablesException(failed.Asked, failed.Errno, failed.Ack);
        }
        if (refusals.Count != 0)
            throw new NftablesException(refusals);
        if (answer is { } errno)
            throw new NftablesException(batch.Describe(null), errno, new("the answer is missing", null, null));
    }

    /// <summary>A number that every commit to nf_tables, by anyone in this network namespace, raises.</summary>
    public uint ReadGeneration()
    {
        uint? generation = null;
        var message = Begin(NftablesMessageType.GetGeneration, MessageFlags.Ack, TableFamily.Unspecified);
        _request.EndMessage(message);
        _socket.Request(_request, "get the nf_tables generation", (in _, payload) =>
        {
            var attributes = AttributeReader.After(NetfilterHeader.Size, payload);
            while (attributes.Next())
            {
                if (attributes.Type == AttributeGenerationId)
                    generation = attributes.ReadUInt32BigEndian();
            }
        });
        return generation ?? throw new NetlinkFormatException("a generation without a number");
    }

    /// <summary>A table without its content; null when there is none of that name.</summary>
    internal Table? FindTable(TableFamily family, string name) => List(NftablesMessageType.GetTable, family, null, "list tables", payload => ("", Table.Read(payload)))
        .SingleOrDefault(t => string.Equals(t.Name, name, StringComparison.Ordinal));

    /// <summary>All chains of a table that have a name of their own; none when there is no such table.</summary>
    public IReadOnlyList<Chain> ListChains(TableFamily family, string table) => List(NftablesMessageType.GetChain, family, table, $"list chains of {table}", Chain.Read);

    /// <summary>All rules of a table, chain by chain and in the order in which they run; none when there is no such table.</summary>
    internal IReadOnlyList<RuleMessage> ListRules(TableFamily family, string table) => List(NftablesMessageType.GetRule, family, table, $"list rules of {table}", payload =>
    {
        var rule = RuleMessage.Read(payload);
        return (rule.Table, rule);
    });

    /// <summary>The rules of one chain, in the order in which they run; none when there is no such chain.</summary>
    public IReadOnlyList<Rule> ListRules(TableFamily family, string table, string chain)
    {
        var message = Begin(NftablesMessageType.GetRule, MessageFlags.Dump, family);
        RuleMessage.WriteChain(_request, table, chain);
        _request.EndMessage(message);
        var rules = new List<Rule>();
        Dump($"list rules of {table} {chain}", (in _, payload) =>
        {
            if (RuleMessage.Read(payload) is { } rule && string.Equals(rule.Chain, chain, StringComparison.Ordinal))
                rules.Add(RuleDecoder.Decode(rule));
        });
        return rules;
    }

    /// <summary>A set without its elements; null when there is none of that name.</summary>
    public Set? FindSet(TableFamily family, string table, string set)
    {
        Set? found = null;
        var message = Begin(NftablesMessageType.GetSet, MessageFlags.Ack, family);
        SetMessage.WriteName(_request, table, set);
        _request.EndMessage(message);
        return TryRequest($"find set {table} {set}", (in _, payload) => found = SetMessage.Read(payload).Set) ? found : null;
    }

    /// <summary>A named counter as it stands; null when it, or its table, is not there.</summary>
    public CounterValue? FindCounter(TableFamily family, string table, string counter)
    {
        CounterState? found = null;
        var message = Begin(NftablesMessageType.GetObject, MessageFlags.Ack, family);
        CounterState.WriteName(_request, table, counter);
        _request.EndMessage(message);
        return TryRequest($"find counter {table} {counter}", (in _, payload) => found = CounterState.Read(payload).Counter) ? found?.Value : null;
    }

    /// <summary>Hands over the element of a set that has the key, if one has. Not for sets of intervals.</summary>
    /// <returns>Whether there is one.</returns>
    public bool FindElement(TableFamily family, string table, string set, ReadOnlySpan<byte> key, ReceivedElementHandler handler)
    {
        var message = Begin(NftablesMessageType.GetElements, MessageFlags.Ack, family);
        ElementWriter.WriteSet(_request, table, set);
        var elements = _request.BeginNested(ElementWriter.AttributeElements);
        var element = _request.BeginNested(ReceivedElement.AttributeListElement);
        DataAttribute.Write(_request, ReceivedElement.AttributeKey, key);
        _request.EndNested(element);
        _request.EndNested(elements);
        _request.EndMessage(message);
        return TryRequest($"find an element of {table} {set}", (in _, payload) => ReceivedElement.ReadAll(payload, handler));
    }

    /// <summary>All sets and maps of a table that have a name of their own, without their elements; none when there is no such table.</summary>
    public IReadOnlyList<Set> ListSets(TableFamily family, string table) => List(NftablesMessageType.GetSet, family, table, $"list sets of {table}", SetMessage.Read);

    /// <summary>All named counters of a table; none when there is no such table.</summary>
    internal IReadOnlyList<CounterState> ListCounters(TableFamily family, string table) =>
        List(NftablesMessageType.GetObject, family, table, $"list counters of {table}", CounterState.Read);

    /// <summary>Hands over every element of a set, in no order.</summary>
    /// <exception cref="NetlinkException"><see cref="NetlinkErrno.NoEntry"/>: there is no such set.</exception>
    public void ReadElements(TableFamily family, string table, string set, ReceivedElementHandler handler)
    {
        var message = Begin(NftablesMessageType.GetElements, MessageFlags.Dump, family);
        ElementWriter.WriteSet(_request, table, set);
        _request.EndMessage(message);
        Dump($"list elements of {table} {set}", (in _, payload) => ReceivedElement.ReadAll(payload, handler));
    }

    public void Dispose() => _socket.Dispose();

    private delegate (string Table, T? Item) Reader<T>(ReadOnlySpan<byte> payload);

    private List<T> List<T>(NftablesMessageType type, TableFamily family, string? table, string asked, Reader<T> read)
        where T : class
    {
        var message = Begin(type, MessageFlags.Dump, family);
        if (table is not null)
            _request.WriteString(Table.AttributeName, table);
        _request.EndMessage(message);
        var list = new List<T>();
        Dump(asked, (in _, payload) =>
        {
            if (read(payload) is (var of, { } item) && (table is null || string.Equals(of, table, StringComparison.Ordinal)))
                list.Add(item);
        });
        return list;
    }

    /// <returns>False when what was asked for is not there.</returns>
    private bool TryRequest(string asked, MessageHandler handler)
    {
        try
        {
            _socket.Request(_request, asked, handler);
            return true;
        }
        catch (NetlinkException absent) when (absent.Errno == NetlinkErrno.NoEntry)
        {
            return false;
        }
    }

    private void Dump(string asked, MessageHandler handler)
    {
        if (!_socket.Dump(_request, asked, handler))
            throw new NetlinkException(asked, NetlinkErrno.Interrupted, new("it changed while it was listed", null, null));
    }

    private MessageToken Begin(NftablesMessageType type, MessageFlags flags, TableFamily family)
    {
        _request.Clear();
        var message = _request.BeginMessage((ushort)type, MessageFlags.Request | flags, _socket.NextSequence());
        NetfilterHeader.Write(_request, (byte)family);
        return message;
    }

    /// <summary>
    /// Reads what the kernel queued while it took the batch, to the last: what stayed would leave no room for the next answers.
    /// </summary>
    /// <returns>Null if the last message was acknowledged; else why that is unknown.</returns>
    private int? ReadAnswers(NftablesBatch batch, uint first, List<Refusal> refusals)
    {
        int? missing = NetlinkErrno.TimedOut;
        // The kernel has answered when the send returns.
        while (true)
        {
            try
            {
                if (!_socket.TryReceive(TimeSpan.Zero, out var datagram))
                    return missing;
                if (Read(datagram, batch, first, refusals))
                    missing = null;
            }
            catch (NetlinkException lost) when (lost.Errno == NetlinkErrno.NoBuffers)
            {
                missing = lost.Errno;
            }
        }
    }

    private static bool Read(ReadOnlySpan<byte> datagram, NftablesBatch batch, uint first, List<Refusal> refusals)
    {
        var acknowledged = false;
        var messages = new MessageReader(datagram);
        while (messages.Next())
        {
            if (messages.Header.Type != MessageTypes.Error)
                continue;
            var error = ErrorMessage.Read(messages.Header, messages.Payload);
            if (error.Sequence - first >= (uint)batch.Sequences)
                continue;
            if (error.Errno == 0)
                acknowledged = true;
            else
                refusals.Add(Explain(batch, batch.OperationOf(error.Sequence, first), error));
        }
        return acknowledged;
    }

    private static Refusal Explain(NftablesBatch batch, int? operation, ErrorMessage error) => new(operation, batch.Describe(operation), error.Errno, error.Ack);
}
