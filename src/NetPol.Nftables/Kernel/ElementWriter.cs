using NetPol.Netlink;

namespace NetPol.Nftables.Kernel;

/// <summary>
/// Writes elements of one set into a batch, over as many messages as the 64 KiB of an attribute ask for. Ended by <see cref="Dispose"/>;
/// until then nothing else can be written to the batch.
/// </summary>
public sealed class ElementWriter : IDisposable
{
    internal const ushort AttributeElements = 3;
    private const ushort AttributeTable = 1;
    private const ushort AttributeSet = 2;

    /// <summary>An element needs less: two keys and a datum of 64 bytes, a name and user data of 256.</summary>
    private const int ElementRoom = 1024;

    private readonly NftablesBatch _batch;
    private readonly MessageWriter _writer;
    private readonly NftablesMessageType _type;
    private readonly string _set;
    private MessageToken _message;
    private AttributeToken _elements;
    private bool _open;

    internal ElementWriter(NftablesBatch batch, int operation, NftablesMessageType type, string set) =>
        (_batch, _writer, Operation, _type, _set) = (batch, batch.Writer, operation, type, set);

    /// <summary>The index of the operation that an error will name, whichever message it is in.</summary>
    public int Operation { get; }

    /// <summary>An element of a set.</summary>
    public void Add(ReadOnlySpan<byte> key, ElementFlags flags = ElementFlags.None) => Add(key, [], flags);

    /// <summary>An element of a set of concatenations: from <paramref name="key"/> to <paramref name="keyEnd"/>, field by field, ends included.</summary>
    public void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> keyEnd, ElementFlags flags = ElementFlags.None)
    {
        var element = Begin(key, keyEnd, flags);
        _writer.EndNested(element);
    }

    /// <summary>An element of a set with <see cref="SetFlags.Timeout"/>, which times out.</summary>
    public void Add(ReadOnlySpan<byte> key, TimeSpan timeout)
    {
        var element = Begin(key, [], ElementFlags.None);
        _writer.WriteUInt64BigEndian(ReceivedElement.AttributeTimeout, (ulong)timeout.TotalMilliseconds);
        _writer.EndNested(element);
    }

    /// <summary>An element of a map of verdicts.</summary>
    public void Add(ReadOnlySpan<byte> key, PacketVerdict verdict) => Add(key, [], verdict);

    /// <summary>An element of a map of verdicts; <paramref name="keyEnd"/> is empty or as for <see cref="Add(ReadOnlySpan{byte}, ReadOnlySpan{byte}, ElementFlags)"/>.</summary>
    public void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> keyEnd, PacketVerdict verdict)
    {
        var element = Begin(key, keyEnd, ElementFlags.None);
        DataAttribute.Write(_writer, ReceivedElement.AttributeData, verdict);
        _writer.EndNested(element);
    }

    /// <summary>
    /// An interval of one field, ends included, as nft writes it: a start, and the value after <paramref name="last"/> as an end; no end when
    /// <paramref name="last"/> is the highest value.
    /// </summary>
    /// <param name="first">The lowest value, big-endian.</param>
    /// <param name="last">The highest value, big-endian.</param>
    /// <param name="verdict">Of a map of verdicts; null in a set.</param>
    public void AddInterval(ReadOnlySpan<byte> first, ReadOnlySpan<byte> last, PacketVerdict? verdict = null)
    {
        Span<byte> after = stackalloc byte[last.Length];
        var open = !TryIncrement(last, after);
        var start = Begin(first, [], ElementFlags.None);
        if (verdict is { } datum)
            DataAttribute.Write(_writer, ReceivedElement.AttributeData, datum);
        if (open)
            WriteOpenEnd();
        _writer.EndNested(start);
        if (!open)
            Add(after, ElementFlags.IntervalEnd);
    }

    /// <summary>Writes the names that say where elements are.</summary>
    internal static void WriteSet(MessageWriter writer, string table, string set)
    {
        writer.WriteString(AttributeTable, table);
        writer.WriteString(AttributeSet, set);
    }

    /// <summary>All elements of a list, as the set holds them.</summary>
    /// <param name="set">The set.</param>
    /// <param name="elements">Its elements.</param>
    /// <param name="withVerdicts">Whether what they lead to is written too.</param>
    internal void Add(Set set, ElementList elements, bool withVerdicts)
    {
        Span<byte> firstBytes = stackalloc byte[ElementKey.MaxLength], lastBytes = stackalloc byte[ElementKey.MaxLength];
        var first = firstBytes[..set.Key.Length];
        var last = lastBytes[..set.Key.Length];
        foreach (ref readonly var element in elements.Span)
        {
            element.First.WriteBytes(first);
            element.Last.WriteBytes(last);
            PacketVerdict? verdict = withVerdicts ? element.Verdict : null;
            if (set.IsInterval && set.Key.Second is null)
                AddInterval(first, last, verdict);
            else if (verdict is { } leadsTo)
                Add(first, set.IsInterval ? last : [], leadsTo);
            else
                Add(first, set.IsInterval ? last : []);
        }
    }

    /// <summary>Ends the last message. An operation without elements leaves no message.</summary>
    public void Dispose()
    {
        if (_open)
            EndMessage();
        _batch.ElementsEnded(this);
    }

    private AttributeToken Begin(ReadOnlySpan<byte> key, ReadOnlySpan<byte> keyEnd, ElementFlags flags)
    {
        if (_open && _writer.Length - _elements.Offset > MessageWriter.MaxAttribute - ElementRoom)
            EndMessage();
        if (!_open)
            BeginMessage();
        var element = _writer.BeginNested(ReceivedElement.AttributeListElement);
        if (flags != ElementFlags.None)
            _writer.WriteUInt32BigEndian(ReceivedElement.AttributeFlags, (uint)flags);
        DataAttribute.Write(_writer, ReceivedElement.AttributeKey, key);
        if (!keyEnd.IsEmpty)
            DataAttribute.Write(_writer, ReceivedElement.AttributeKeyEnd, keyEnd);
        return element;
    }

    private void WriteOpenEnd()
    {
        Span<byte> notes = stackalloc byte[6];
        UserData.WriteUInt32(notes, 0, UserData.ElementFlags, 1);
        _writer.Write(ReceivedElement.AttributeUserData, notes);
    }

    private void BeginMessage()
    {
        _message = _batch.BeginMessage(Operation, _type, _type == NftablesMessageType.NewElements ? _batch.Creation : MessageFlags.Create);
        WriteSet(_writer, _batch.Table, _set);
        _elements = _writer.BeginNested(AttributeElements);
        _open = true;
    }

    private void EndMessage()
    {
        _writer.EndNested(_elements);
        _writer.EndMessage(_message);
        _open = false;
    }

    private static bool TryIncrement(ReadOnlySpan<byte> value, Span<byte> after)
    {
        value.CopyTo(after);
        for (var i = after.Length - 1; i >= 0; i--)
        {
            if (++after[i] != 0)
                return true;
        }
        return false;
    }
}

/// <summary>
/// An element of a set as it was received, valid only during the call that hands it over
/// (linux/netfilter/nf_tables.h, <c>enum nft_set_elem_attributes</c>).
/// </summary>
public readonly ref struct ReceivedElement
{
    internal const ushort AttributeListElement = 1;
    internal const ushort AttributeKey = 1;
    internal const ushort AttributeData = 2;
    internal const ushort AttributeFlags = 3;
    internal const ushort AttributeTimeout = 4;
    internal const ushort AttributeUserData = 6;
    internal const ushort AttributeKeyEnd = 10;
    private const ushort AttributeExpression = 7;
    private const ushort AttributeExpressions = 11;

    private readonly ReadOnlySpan<byte> _userData;

    private ReceivedElement(AttributeReader attributes)
    {
        while (attributes.Next())
        {
            switch (attributes.Type)
            {
                case AttributeKey:
                    Key = DataAttribute.ReadValue(attributes.Nested);
                    break;
                case AttributeKeyEnd:
                    KeyEnd = DataAttribute.ReadValue(attributes.Nested);
                    break;
                case AttributeFlags:
                    Flags = (ElementFlags)attributes.ReadUInt32BigEndian();
                    break;
                case AttributeUserData:
                    _userData = attributes.Value;
                    break;
                case AttributeExpression or AttributeExpressions:
                    HasExpressions = true;
                    break;
                case AttributeData:
                    Verdict = DataAttribute.ReadVerdict(attributes.Nested);
                    break;
            }
        }
    }

    /// <summary>The key, or the first value of a range in a concatenation; empty of a catch-all. Fields of a concatenation begin at multiples of four.</summary>
    public ReadOnlySpan<byte> Key { get; }

    /// <summary>The last value of a range in a concatenation; empty for other elements.</summary>
    public ReadOnlySpan<byte> KeyEnd { get; }

    public ElementFlags Flags { get; }

    /// <summary>Whether expressions, such as a limit, run when it is found: they can make as if it were not there.</summary>
    public bool HasExpressions { get; }

    /// <summary>The verdict in a map of verdicts; none in a set.</summary>
    public PacketVerdict Verdict { get; }

    public string? Comment => UserData.ReadString(_userData);

    /// <summary>Hands over the elements of one message.</summary>
    /// <exception cref="NetlinkFormatException">The payload holds no elements.</exception>
    internal static void ReadAll(ReadOnlySpan<byte> payload, ReceivedElementHandler handler)
    {
        var attributes = AttributeReader.After(NetfilterHeader.Size, payload);
        while (attributes.Next())
        {
            if (attributes.Type != ElementWriter.AttributeElements)
                continue;
            var elements = attributes.Nested;
            while (elements.Next())
                handler(new ReceivedElement(elements.Nested));
        }
    }
}

/// <summary>linux/netfilter/nf_tables.h, <c>enum nft_set_elem_flags</c>.</summary>
[Flags]
public enum ElementFlags : uint
{
    None = 0,

    /// <summary>The key is the first value that no longer belongs to the interval before it; such an element has no data.</summary>
    IntervalEnd = 0x1,

    /// <summary>Is found for every key that no other element has; it has no key itself.</summary>
    CatchAll = 0x2,
}

/// <summary>Takes one element; its bytes are valid only during the call.</summary>
public delegate void ReceivedElementHandler(in ReceivedElement element);
