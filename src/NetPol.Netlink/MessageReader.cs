namespace NetPol.Netlink;

/// <summary>Walks the messages of one datagram. Trusts nothing: a wrong length ends in <see cref="NetlinkFormatException"/>.</summary>
public ref struct MessageReader
{
    private ReadOnlySpan<byte> _rest;

    /// <param name="datagram">As received; an empty one holds no message.</param>
    public MessageReader(ReadOnlySpan<byte> datagram) => _rest = datagram;

    public MessageHeader Header { get; private set; }

    /// <summary>The bytes after the header, padding excluded.</summary>
    public ReadOnlySpan<byte> Payload { get; private set; }

    /// <summary>Goes to the next message; false at the end.</summary>
    /// <exception cref="NetlinkFormatException">The message is shorter than its header or longer than the datagram.</exception>
    public bool Next()
    {
        if (_rest.IsEmpty)
            return false;
        var header = MessageHeader.Read(_rest);
        if (header.Length < MessageHeader.Size || header.Length > _rest.Length)
            throw new NetlinkFormatException($"a message says it has {header.Length} bytes, {_rest.Length} are left");
        Header = header;
        Payload = _rest[MessageHeader.Size..(int)header.Length];
        _rest = _rest[Math.Min(MessageWriter.Align((int)header.Length), _rest.Length)..];
        return true;
    }
}
