namespace NetPol.Netlink.Conntrack;

/// <summary>Speaks ctnetlink, in the network namespace of the thread that opened it. Needs CAP_NET_ADMIN. Not for use by two threads at once.</summary>
public sealed class ConntrackSocket : IDisposable
{
    /// <summary>NFNL_SUBSYS_CTNETLINK in the high byte; IPCTNL_MSG_CT_GET and _DELETE in the low one.</summary>
    private const ushort MessageGet = (1 << 8) | 1;
    private const ushort MessageDelete = (1 << 8) | 2;
    private const int ReceiveBuffer = 4 * 1024 * 1024;
    private readonly NetlinkSocket _socket;
    private readonly MessageWriter _request = new(512);

    private ConntrackSocket(NetlinkSocket socket) => _socket = socket;

    /// <exception cref="NetlinkException">The kernel has no nfnetlink.</exception>
    public static ConntrackSocket Open()
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

    /// <summary>Reports every connection of both families, in no order. A connection that starts or ends during the dump may be missing or reported twice.</summary>
    public void ReadAll(Action<ConntrackEntry> handler)
    {
        var message = Begin(MessageGet, MessageFlags.Dump, 0);
        _request.EndMessage(message);
        _socket.Dump(_request, "list connections", (in _, payload) => handler(ConntrackEntry.Read(payload)));
    }

    /// <summary>Whether a connection is tracked that began with packets of this direction.</summary>
    public bool Contains(ConntrackTuple original)
    {
        var message = Begin(MessageGet, MessageFlags.Ack, AddressBytes.Family(original.Source));
        original.Write(_request, ConntrackEntry.AttributeOriginal);
        _request.EndMessage(message);
        return Ask($"find connection {original}");
    }

    /// <summary>
    /// Deletes a connection, so that its next packet begins a new one. False if it was deleted already, also if another connection has its tuple now.
    /// </summary>
    public bool Delete(ConntrackEntry entry)
    {
        var message = Begin(MessageDelete, MessageFlags.Ack, AddressBytes.Family(entry.Original.Source));
        entry.Original.Write(_request, ConntrackEntry.AttributeOriginal);
        _request.WriteUInt32BigEndian(ConntrackEntry.AttributeId, entry.Id);
        _request.EndMessage(message);
        return Ask($"delete connection {entry.Original}");
    }

    /// <summary>Forgets every connection of the namespace.</summary>
    public void DeleteAll()
    {
        var message = Begin(MessageDelete, MessageFlags.Ack, 0);
        _request.EndMessage(message);
        _socket.Request(_request, "delete all connections");
    }

    public void Dispose() => _socket.Dispose();

    /// <returns>False when it is not there.</returns>
    private bool Ask(string asked)
    {
        try
        {
            _socket.Request(_request, asked);
            return true;
        }
        catch (NetlinkException absent) when (absent.Errno == NetlinkErrno.NoEntry)
        {
            return false;
        }
    }

    private MessageToken Begin(ushort type, MessageFlags flags, byte family)
    {
        _request.Clear();
        var message = _request.BeginMessage(type, MessageFlags.Request | flags, _socket.NextSequence());
        NetfilterHeader.Write(_request, family);
        return message;
    }
}
