using System.Runtime.InteropServices;

namespace NetPol.Netlink.NfTables;

/// <summary>
/// Operations that the kernel does all or not at all (linux/netfilter/nfnetlink.h, NFNL_MSG_BATCH_BEGIN and END). Every method that
/// asks for something returns the operation's index, counted from 0, by which errors name it. Not for use by two threads at once.
/// </summary>
public sealed class NfTablesBatch
{
    private const ushort AttributeGeneration = 1;
    private const ushort SubsystemId = (ushort)NfMessage.Subsystem >> 8;
    private const int BeginSize = MessageHeader.Size + NfGenMessage.Size;

    /// <summary>Room for a begin message with a generation; one without stands in its end.</summary>
    private const int Reserved = BeginSize + 8;

    private readonly List<NfOperation> _operations = [];
    private readonly List<int> _operationOfMessage = [];
    private MessageToken _lastMessage;
    private int? _openElements;
    private uint _setId;

    /// <param name="capacity">Bytes to start with.</param>
    public NfTablesBatch(int capacity = 64 * 1024)
    {
        Writer = new(capacity);
        Clear();
    }

    /// <summary>How many operations it holds.</summary>
    public int Count => _operations.Count;

    /// <summary>Bytes of the messages so far, those that begin and end the batch not counted.</summary>
    public int Length => Writer.Length - Reserved;

    /// <summary>Whether to add what is there already is an error, EEXIST (NLM_F_EXCL), and not passed over. Rules are always added.</summary>
    public bool IsExclusive { get; init; }

    internal MessageWriter Writer { get; }

    internal MessageFlags Creation => IsExclusive ? MessageFlags.Create | MessageFlags.Exclusive : MessageFlags.Create;

    /// <summary>What an operation asks for.</summary>
    public NfOperation this[int operation] => _operations[operation];

    /// <summary>Forgets all operations and keeps the buffer.</summary>
    public void Clear()
    {
        Writer.Clear();
        _operations.Clear();
        _operationOfMessage.Clear();
        _setId = 0;
        Writer.WriteRaw(stackalloc byte[Reserved]);
    }

    /// <summary>Adds a table; one that is there already stays as it is.</summary>
    public int AddTable(NfTable table)
    {
        var message = Begin(new("add", "table", table.Family, table.Name, null), NfMessage.NewTable, Creation);
        table.Write(Writer);
        return End(message);
    }

    /// <summary>Puts the base chains of a dormant table back into the packets' way; a table that is awake stays as it is.</summary>
    public int WakeTable(NfFamily family, string name)
    {
        var message = Begin(new("wake", "table", family, name, null), NfMessage.NewTable);
        new NfTable(family, name).Write(Writer);
        return End(message);
    }

    /// <summary>Deletes a table with all that is in it.</summary>
    public int DeleteTable(NfFamily family, string name)
    {
        var message = Begin(new("delete", "table", family, name, null), NfMessage.DeleteTable);
        Writer.WriteString(NfTable.AttributeName, name);
        return End(message);
    }

    /// <summary>Adds a chain; one that is there already stays as it is, but takes the policy.</summary>
    public int AddChain(NfChain chain)
    {
        var message = Begin(new("add", "chain", chain.Family, chain.Table, chain.Name), NfMessage.NewChain, Creation);
        chain.Write(Writer);
        return End(message);
    }

    /// <summary>Deletes a chain that nothing refers to, with its rules.</summary>
    public int DeleteChain(NfFamily family, string table, string name)
    {
        var message = Begin(new("delete", "chain", family, table, name), NfMessage.DeleteChain);
        NfChain.WriteName(Writer, table, name);
        return End(message);
    }

    /// <summary>Adds a rule at the end of its chain, or after the rule with handle <paramref name="after"/>.</summary>
    public int AddRule(NfRule rule, ulong after = 0) => WriteRule("add", rule, MessageFlags.Create | MessageFlags.Append, NfRule.AttributePosition, after);

    /// <summary>Adds a rule at the start of its chain, or before the rule with handle <paramref name="before"/>.</summary>
    public int InsertRule(NfRule rule, ulong before = 0) => WriteRule("insert", rule, MessageFlags.Create, NfRule.AttributePosition, before);

    /// <summary>Puts a rule in the place of the one with this handle.</summary>
    public int ReplaceRule(NfRule rule, ulong handle) => WriteRule("replace", rule, MessageFlags.Replace, NfRule.AttributeHandle, handle);

    /// <summary>Deletes the rule with this handle.</summary>
    public int DeleteRule(NfFamily family, string table, string chain, ulong handle)
    {
        var message = Begin(new("delete", "rule", family, table, $"{chain} handle {handle}"), NfMessage.DeleteRule);
        NfRule.WriteChain(Writer, table, chain);
        Writer.WriteUInt64BigEndian(NfRule.AttributeHandle, handle);
        return End(message);
    }

    /// <summary>Deletes all rules of a chain.</summary>
    public int FlushChain(NfFamily family, string table, string chain)
    {
        var message = Begin(new("flush", "chain", family, table, chain), NfMessage.DeleteRule);
        NfRule.WriteChain(Writer, table, chain);
        return End(message);
    }

    /// <summary>Adds an empty set; one that is there already stays as it is.</summary>
    public int AddSet(NfSet set)
    {
        var message = Begin(new("add", "set", set.Family, set.Table, set.Name), NfMessage.NewSet, Creation);
        set.Write(Writer, ++_setId);
        return End(message);
    }

    /// <summary>Deletes a set that nothing refers to, with its elements.</summary>
    public int DeleteSet(NfFamily family, string table, string name)
    {
        var message = Begin(new("delete", "set", family, table, name), NfMessage.DeleteSet);
        NfSet.WriteName(Writer, table, name);
        return End(message);
    }

    /// <summary>Adds elements, until the writer is disposed. Elements that are there already with the same datum stay as they are.</summary>
    public NfElementWriter AddElements(NfFamily family, string table, string set) =>
        BeginElements(new("add", "element", family, table, set), NfMessage.NewElements);

    /// <summary>Deletes elements by key, until the writer is disposed.</summary>
    public NfElementWriter DeleteElements(NfFamily family, string table, string set) =>
        BeginElements(new("delete", "element", family, table, set), NfMessage.DeleteElements);

    /// <summary>Deletes all elements of a set.</summary>
    public int FlushSet(NfFamily family, string table, string set)
    {
        var message = Begin(new("flush", "set", family, table, set), NfMessage.DeleteElements);
        Writer.WriteString(NfElementWriter.AttributeTable, table);
        Writer.WriteString(NfElementWriter.AttributeSet, set);
        return End(message);
    }

    /// <summary>Adds a counter; one that is there already stays as it is and goes on counting.</summary>
    public int AddCounter(NfCounter counter)
    {
        var message = Begin(new("add", "counter", counter.Family, counter.Table, counter.Name), NfMessage.NewObject, Creation);
        counter.Write(Writer);
        return End(message);
    }

    /// <summary>Deletes a counter that nothing refers to.</summary>
    public int DeleteCounter(NfFamily family, string table, string name)
    {
        var message = Begin(new("delete", "counter", family, table, name), NfMessage.DeleteObject);
        NfCounter.WriteName(Writer, table, name);
        return End(message);
    }

    internal MessageToken BeginMessage(int operation, NfMessage type, MessageFlags flags, NfFamily family)
    {
        _operationOfMessage.Add(operation);
        _lastMessage = Writer.BeginMessage((ushort)type, MessageFlags.Request | flags, (uint)_operationOfMessage.Count);
        NfGenMessage.Write(Writer, (byte)family);
        return _lastMessage;
    }

    internal void ElementsEnded(NfElementWriter elements)
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
        var end = Writer.BeginMessage((ushort)NfMessage.BatchEnd, MessageFlags.Request, 0);
        NfGenMessage.Write(Writer, 0, SubsystemId);
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
        var token = message.BeginMessage((ushort)NfMessage.BatchBegin, MessageFlags.Request, 0);
        NfGenMessage.Write(message, 0, SubsystemId);
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

    private int WriteRule(string verb, NfRule rule, MessageFlags flags, ushort placeType, ulong place)
    {
        var message = Begin(new(verb, "rule", rule.Family, rule.Table, rule.Chain), NfMessage.NewRule, flags);
        NfRule.WriteChain(Writer, rule.Table, rule.Chain);
        if (place != 0)
            Writer.WriteUInt64BigEndian(placeType, place);
        rule.WriteBody(Writer);
        return End(message);
    }

    private NfElementWriter BeginElements(in NfOperation operation, NfMessage type)
    {
        EnsureNoElements();
        _operations.Add(operation);
        _openElements = Count - 1;
        return new(this, Count - 1, type, operation.Family, operation.Table, operation.Name!);
    }

    private MessageToken Begin(in NfOperation operation, NfMessage type, MessageFlags flags = MessageFlags.None)
    {
        EnsureNoElements();
        _operations.Add(operation);
        return BeginMessage(Count - 1, type, flags, operation.Family);
    }

    private int End(MessageToken message)
    {
        Writer.EndMessage(message);
        return Count - 1;
    }

    private void EnsureNoElements()
    {
        if (_openElements is { } operation)
            throw new InvalidOperationException($"{_operations[operation]}: its elements were not ended");
    }
}
