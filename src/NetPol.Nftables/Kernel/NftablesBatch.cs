using System.Runtime.InteropServices;
using NetPol.Netlink;
using NetPol.Nftables.Expressions;

namespace NetPol.Nftables.Kernel;

/// <summary>
/// Operations in one table that the kernel does all or not at all (linux/netfilter/nfnetlink.h, NFNL_MSG_BATCH_BEGIN and END). They are counted from 0, and
/// errors name them by that index. Not for use by two threads at once.
/// </summary>
public sealed class NftablesBatch
{
    private const ushort AttributeGeneration = 1;
    private const ushort SubsystemId = (ushort)NftablesMessageType.Subsystem >> 8;
    private const int BeginSize = MessageHeader.Size + NetfilterHeader.Size;

    /// <summary>Room for a begin message with a generation; one without stands in its end.</summary>
    private const int Reserved = BeginSize + 8;

    private readonly TableFamily _family;
    private readonly List<Operation> _operations = [];
    private readonly List<int> _operationOfMessage = [];
    private MessageToken _lastMessage;
    private int? _openElements;
    private uint _setId;

    /// <param name="family">The family of the table.</param>
    /// <param name="table">The table.</param>
    /// <param name="capacity">Bytes to start with.</param>
    public NftablesBatch(TableFamily family, string table, int capacity = 64 * 1024)
    {
        (_family, Table) = (family, table);
        Writer = new(capacity);
        Clear();
    }

    /// <summary>The table that the operations change.</summary>
    public string Table { get; private set; }

    /// <summary>How many operations it holds.</summary>
    public int Count => _operations.Count;

    /// <summary>Bytes of the messages so far, those that begin and end the batch not counted.</summary>
    public int Length => Writer.Length - Reserved;

    /// <summary>
    /// Whether adding an object that exists is an error, EEXIST (NLM_F_EXCL). If not, the object stays as it is with its counts; a chain gets the policy.
    /// Rules are always added.
    /// </summary>
    public bool IsExclusive { get; init; }

    /// <summary>Whether the socket that commits the batch owns the tables that the batch creates. They stay when the socket is closed.</summary>
    public bool OwnsTables { get; init; }

    internal MessageWriter Writer { get; }

    internal MessageFlags Creation => IsExclusive ? MessageFlags.Create | MessageFlags.Exclusive : MessageFlags.Create;

    /// <summary>Forgets all operations and keeps the buffer.</summary>
    public void Clear()
    {
        Writer.Clear();
        _operations.Clear();
        _operationOfMessage.Clear();
        _setId = 0;
        Writer.WriteRaw(stackalloc byte[Reserved]);
    }

    /// <summary>Forgets all operations and takes those of another table.</summary>
    public void Clear(string table)
    {
        Table = table;
        Clear();
    }

    /// <summary>Adds an operation.</summary>
    /// <returns>Its index.</returns>
    public int Add(Operation operation)
    {
        if (operation is Operation.AddElements or Operation.DeleteElements)
            return AddElements(operation);
        EnsureNoElements();
        _operations.Add(operation);
        var (type, flags) = TypeOf(operation);
        var message = BeginMessage(Count - 1, type, flags);
        WriteBody(operation);
        Writer.EndMessage(message);
        return Count - 1;
    }

    /// <summary>Adds elements, until the writer is disposed. Elements that are there already with the same datum stay as they are.</summary>
    public ElementWriter AddElements(string set) => BeginElements(new Operation.AddElements(new() { Name = set, Key = default }, ElementList.Empty), NftablesMessageType.NewElements, set);

    /// <summary>Deletes elements by key, until the writer is disposed.</summary>
    public ElementWriter DeleteElements(string set) => BeginElements(new Operation.DeleteElements(new() { Name = set, Key = default }, ElementList.Empty), NftablesMessageType.DeleteElements, set);

    /// <summary>Adds a rule by its expressions.</summary>
    internal int AddRule(string chain, IReadOnlyList<Expression> expressions, string? comment = null)
    {
        EnsureNoElements();
        _operations.Add(new Operation.AddRule(chain, new()));
        var message = BeginMessage(Count - 1, NftablesMessageType.NewRule, MessageFlags.Create | MessageFlags.Append);
        new RuleMessage(Table, chain, expressions, comment).Write(Writer);
        Writer.EndMessage(message);
        return Count - 1;
    }

    /// <summary>Describes an operation in words.</summary>
    internal string Describe(int? operation)
    {
        var table = $"{TableFamilyText.Name(_family)} {Table}";
        return operation is { } index ? OperationText.Describe(table, _operations[index]) : $"commit {Count} changes of table {table}";
    }

    internal MessageToken BeginMessage(int operation, NftablesMessageType type, MessageFlags flags)
    {
        _operationOfMessage.Add(operation);
        _lastMessage = Writer.BeginMessage((ushort)type, MessageFlags.Request | flags, (uint)_operationOfMessage.Count);
        NetfilterHeader.Write(Writer, (byte)_family);
        return _lastMessage;
    }

    internal void ElementsEnded(ElementWriter elements)
    {
        if (_openElements == elements.Operation)
            _openElements = null;
    }

    /// <summary>How many sequence numbers it needs: one a message, and two for begin and end.</summary>
    internal int Sequences => _operationOfMessage.Count + 2;

    /// <summary>The operation whose message has this sequence number; null for those that begin and end the batch.</summary>
    internal int? OperationOf(uint sequence, uint first)
    {
        var message = (long)sequence - first - 1;
        return message >= 0 && message < _operationOfMessage.Count ? _operationOfMessage[(int)message] : null;
    }

    /// <summary>
    /// The bytes to send: begin, all messages, end; numbered from <paramref name="first"/>. The last message asks for an acknowledgement,
    /// which comes only when all is done. Can be called again after a commit that failed.
    /// </summary>
    internal ReadOnlySpan<byte> Finish(uint? generation, uint first)
    {
        EnsureNoElements();
        Writer.AddFlags(_lastMessage, MessageFlags.Ack);
        var length = Writer.Length;
        var end = Writer.BeginMessage((ushort)NftablesMessageType.BatchEnd, MessageFlags.Request, 0);
        NetfilterHeader.Write(Writer, 0, SubsystemId);
        Writer.EndMessage(end);
        var bytes = Writer.Mutable;
        var begin = Begin(bytes, generation);
        Number(bytes[begin..], first);
        Writer.Truncate(length);
        return bytes[begin..];
    }

    private static int Begin(Span<byte> bytes, uint? generation)
    {
        var message = new MessageWriter(Reserved);
        var token = message.BeginMessage((ushort)NftablesMessageType.BatchBegin, MessageFlags.Request, 0);
        NetfilterHeader.Write(message, 0, SubsystemId);
        if (generation is { } expected)
            message.WriteUInt32BigEndian(AttributeGeneration, expected);
        message.EndMessage(token);
        var start = Reserved - message.Length;
        message.Written.CopyTo(bytes[start..]);
        return start;
    }

    private static void Number(Span<byte> messages, uint first)
    {
        for (; !messages.IsEmpty; first++)
        {
            MemoryMarshal.Write(messages[8..], first);
            messages = messages[MessageWriter.Align(MemoryMarshal.Read<int>(messages))..];
        }
    }

    private (NftablesMessageType Type, MessageFlags Flags) TypeOf(Operation operation) => operation switch
    {
        Operation.AddTable => (NftablesMessageType.NewTable, Creation),
        Operation.WakeTable or Operation.ClaimTable => (NftablesMessageType.NewTable, MessageFlags.None),
        Operation.DeleteTable => (NftablesMessageType.DeleteTable, MessageFlags.None),
        Operation.AddCounter => (NftablesMessageType.NewObject, Creation),
        Operation.DeleteCounter => (NftablesMessageType.DeleteObject, MessageFlags.None),
        Operation.AddChain => (NftablesMessageType.NewChain, Creation),
        Operation.DeleteChain => (NftablesMessageType.DeleteChain, MessageFlags.None),
        Operation.FlushChain => (NftablesMessageType.DeleteRule, MessageFlags.None),
        Operation.AddRule => (NftablesMessageType.NewRule, MessageFlags.Create | MessageFlags.Append),
        Operation.AddSet => (NftablesMessageType.NewSet, Creation),
        Operation.DeleteSet => (NftablesMessageType.DeleteSet, MessageFlags.None),
        Operation.FlushSet => (NftablesMessageType.DeleteElements, MessageFlags.None),
        _ => throw new InvalidOperationException($"unknown operation {operation.GetType()}"),
    };

    private void WriteBody(Operation operation)
    {
        switch (operation)
        {
            case Operation.AddTable add:
                new Table(Table, add.Comment, OwnsTables ? TableFlags.Owner | TableFlags.Persist : TableFlags.None).Write(Writer);
                break;
            case Operation.ClaimTable:
                new Table(Table, Flags: TableFlags.Owner | TableFlags.Persist).Write(Writer);
                break;
            case Operation.WakeTable:
                new Table(Table).Write(Writer);
                break;
            case Operation.DeleteTable:
                Writer.WriteString(Nftables.Table.AttributeName, Table);
                break;
            case Operation.AddCounter add:
                new CounterState(add.Counter, add.Packets, add.Bytes).Write(Writer, Table);
                break;
            case Operation.DeleteCounter delete:
                CounterState.WriteName(Writer, Table, delete.Name);
                break;
            case Operation.AddChain { Chain: var chain }:
                chain.Write(Writer, Table);
                break;
            case Operation.DeleteChain delete:
                Chain.WriteName(Writer, Table, delete.Name);
                break;
            case Operation.FlushChain flush:
                RuleMessage.WriteChain(Writer, Table, flush.Name);
                break;
            case Operation.AddRule add:
                new RuleMessage(Table, add.Chain, RuleEncoder.Encode(add.Rule), add.Rule.Comment).Write(Writer);
                break;
            case Operation.AddSet { Set: var set }:
                SetMessage.Write(Writer, Table, set, ++_setId);
                break;
            case Operation.DeleteSet { Set: var set }:
                SetMessage.WriteName(Writer, Table, set.Name);
                break;
            case Operation.FlushSet flush:
                ElementWriter.WriteSet(Writer, Table, flush.Name);
                break;
        }
    }

    private int AddElements(Operation operation)
    {
        if (operation is Operation.AddElements add)
        {
            using var added = BeginElements(add, NftablesMessageType.NewElements, add.Set.Name);
            added.Add(add.Set, add.Elements, withVerdicts: add.Set.IsVerdictMap);
        }
        else if (operation is Operation.DeleteElements delete)
        {
            using var deleted = BeginElements(delete, NftablesMessageType.DeleteElements, delete.Set.Name);
            deleted.Add(delete.Set, delete.Elements, withVerdicts: false);
        }
        return Count - 1;
    }

    private ElementWriter BeginElements(Operation operation, NftablesMessageType type, string set)
    {
        EnsureNoElements();
        _operations.Add(operation);
        _openElements = Count - 1;
        return new(this, Count - 1, type, set);
    }

    private void EnsureNoElements()
    {
        if (_openElements is { } operation)
            throw new InvalidOperationException($"{Describe(operation)}: its elements were not ended");
    }
}

/// <summary>Message types of nf_tables (linux/netfilter/nf_tables.h, <c>enum nf_tables_msg_types</c>) and of batches (linux/netfilter/nfnetlink.h).</summary>
internal enum NftablesMessageType : ushort
{
    BatchBegin = 16,
    BatchEnd = 17,
    NewTable = Subsystem,
    GetTable,
    DeleteTable,
    NewChain,
    GetChain,
    DeleteChain,
    NewRule,
    GetRule,
    DeleteRule,
    NewSet,
    GetSet,
    DeleteSet,
    NewElements,
    GetElements,
    DeleteElements,
    NewGeneration,
    GetGeneration,
    Trace,
    NewObject,
    GetObject,
    DeleteObject,

    /// <summary>NFNL_SUBSYS_NFTABLES in the high byte.</summary>
    Subsystem = 10 << 8,
}
