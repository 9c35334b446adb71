namespace NetPol.Netlink.NfTables;

/// <summary>
/// Writes elements of one set into a batch, over as many messages as the 64 KiB of an attribute ask for. Ended by <see cref="Dispose"/>;
/// until then nothing else can be written to the batch.
/// </summary>
public sealed class NfElementWriter : IDisposable
{
    internal const ushort AttributeTable = 1;
    internal const ushort AttributeSet = 2;
    internal const ushort AttributeElements = 3;

    /// <summary>An element needs less: two keys and a datum of 64 bytes, a name and user data of 256.</summary>
    private const int ElementRoom = 1024;

    private readonly NfTablesBatch _batch;
    private readonly MessageWriter _writer;
    private readonly NfMessage _type;
    private readonly NfFamily _family;
    private readonly string _table;
    private readonly string _set;
    private MessageToken _message;
    private AttributeToken _elements;
    private bool _open;

    internal NfElementWriter(NfTablesBatch batch, int operation, NfMessage type, NfFamily family, string table, string set)
    {
        (_batch, _writer, Operation, _type, _family, _table, _set) = (batch, batch.Writer, operation, type, family, table, set);
    }

    /// <summary>The index of the operation that an error will name, whichever message it is in.</summary>
    public int Operation { get; }

    /// <summary>An element of a set.</summary>
    public void Add(ReadOnlySpan<byte> key, NfElementFlags flags = NfElementFlags.None) => Add(key, [], flags);

    /// <summary>An element of a set of concatenations: from <paramref name="key"/> to <paramref name="keyEnd"/>, field by field, ends included.</summary>
    public void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> keyEnd, NfElementFlags flags = NfElementFlags.None)
    {
        var element = Begin(key, keyEnd, flags);
        _writer.EndNested(element);
    }

    /// <summary>An element of a set with <see cref="NfSetFlags.Timeout"/>, which leaves it by itself.</summary>
    public void Add(ReadOnlySpan<byte> key, TimeSpan timeout)
    {
        var element = Begin(key, [], NfElementFlags.None);
        _writer.WriteUInt64BigEndian(NfElement.AttributeTimeout, (ulong)timeout.TotalMilliseconds);
        _writer.EndNested(element);
    }

    /// <summary>An element of a map of verdicts.</summary>
    public void Add(ReadOnlySpan<byte> key, NfVerdict verdict) => Add(key, [], verdict);

    /// <summary>An element of a map of verdicts; <paramref name="keyEnd"/> is empty or as for <see cref="Add(ReadOnlySpan{byte}, ReadOnlySpan{byte}, NfElementFlags)"/>.</summary>
    public void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> keyEnd, NfVerdict verdict, bool openEnd = false)
    {
        var element = Begin(key, keyEnd, NfElementFlags.None);
        NfData.Write(_writer, NfElement.AttributeData, verdict);
        if (openEnd)
            WriteOpenEnd();
        _writer.EndNested(element);
    }

    /// <summary>An element of a map of values.</summary>
    public void AddValue(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        var element = Begin(key, [], NfElementFlags.None);
        NfData.Write(_writer, NfElement.AttributeData, value);
        _writer.EndNested(element);
    }

    /// <summary>
    /// An interval of one field, ends included, as nft writes it: a start, and the value after <paramref name="last"/> as an end; no end when
    /// <paramref name="last"/> is the highest value. nft also wants an end at zero when no interval starts there: see <see cref="AddFirstEnd"/>.
    /// </summary>
    /// <param name="first">The lowest value, big-endian.</param>
    /// <param name="last">The highest value, big-endian.</param>
    /// <param name="verdict">Of a map of verdicts; null in a set.</param>
    public void AddInterval(ReadOnlySpan<byte> first, ReadOnlySpan<byte> last, NfVerdict? verdict = null)
    {
        Span<byte> after = stackalloc byte[last.Length];
        var open = !TryIncrement(last, after);
        var start = Begin(first, [], NfElementFlags.None);
        if (verdict is { } datum)
            NfData.Write(_writer, NfElement.AttributeData, datum);
        if (open)
            WriteOpenEnd();
        _writer.EndNested(start);
        if (!open)
            Add(after, NfElementFlags.IntervalEnd);
    }

    /// <summary>The end at zero that nft puts into a set of intervals of which none starts at zero.</summary>
    public void AddFirstEnd(int keyLength)
    {
        Span<byte> zero = stackalloc byte[keyLength];
        zero.Clear();
        Add(zero, NfElementFlags.IntervalEnd);
    }

    /// <summary>Ends the last message. An operation without elements leaves no message.</summary>
    public void Dispose()
    {
        if (_open)
            EndMessage();
        _batch.ElementsEnded(this);
    }

    private AttributeToken Begin(ReadOnlySpan<byte> key, ReadOnlySpan<byte> keyEnd, NfElementFlags flags)
    {
        if (_open && _writer.Length - _elements.Offset > MessageWriter.MaxAttribute - ElementRoom)
            EndMessage();
        if (!_open)
            BeginMessage();
        var element = _writer.BeginNested(NfElement.AttributeListElement);
        if (flags != NfElementFlags.None)
            _writer.WriteUInt32BigEndian(NfElement.AttributeFlags, (uint)flags);
        NfData.Write(_writer, NfElement.AttributeKey, key);
        if (!keyEnd.IsEmpty)
            NfData.Write(_writer, NfElement.AttributeKeyEnd, keyEnd);
        return element;
    }

    private void WriteOpenEnd()
    {
        Span<byte> notes = stackalloc byte[6];
        NfUserData.PutUInt32(notes, 0, NfUserData.ElementFlags, 1);
        _writer.Write(NfElement.AttributeUserData, notes);
    }

    private void BeginMessage()
    {
        _message = _batch.BeginMessage(Operation, _type, _type == NfMessage.NewElements ? _batch.Creation : MessageFlags.Create, _family);
        _writer.WriteString(AttributeTable, _table);
        _writer.WriteString(AttributeSet, _set);
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
