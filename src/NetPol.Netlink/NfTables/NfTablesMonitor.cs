using System.Text;

namespace NetPol.Netlink.NfTables;

/// <summary>
/// Hears when anyone but some sockets changes a table, in the network namespace of the thread that opened it. Not for use by two threads at
/// once, but for <see cref="Wake"/>.
/// </summary>
public sealed class NfTablesMonitor : IDisposable
{
    // NFNLGRP_NFTABLES of linux/netfilter/nfnetlink.h.
    private const int ChangesGroup = 7;
    private const int ReceiveBuffer = 4 * 1024 * 1024;
    private readonly NetlinkSocket _socket;
    private readonly uint _port;
    private readonly byte _family;
    private readonly byte[] _table;

    /// <summary>Whether the commit whose messages are coming in has changed the table.</summary>
    private bool _isTouched;

    private NfTablesMonitor(NetlinkSocket socket, NfFamily family, string table)
    {
        _socket = socket;
        _port = socket.PortId;
        _family = (byte)family;
        _table = Encoding.UTF8.GetBytes(table);
    }

    /// <param name="family">The table's family.</param>
    /// <param name="table">The table; it need not be there.</param>
    /// <param name="ignored">Whose commits are not told: their <see cref="NfTablesSocket.PortId"/>s.</param>
    /// <exception cref="NetlinkException">The kernel has no nfnetlink, or it is not permitted.</exception>
    public static NfTablesMonitor Open(NfFamily family, string table, params ReadOnlySpan<uint> ignored)
    {
        var socket = NetlinkSocket.Open(NetlinkProtocol.Netfilter);
        try
        {
            socket.SetReceiveBuffer(ReceiveBuffer);
            socket.Ignore(ignored);
            socket.Join(ChangesGroup);
            return new(socket, family, table);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Waits for a commit that changed the table. Several that were made meanwhile are told as one.</summary>
    /// <returns>Who made the last of them; null when <see cref="Wake"/> ended the wait.</returns>
    public NfCommit? Wait()
    {
        NfCommit? last = null;
        var isWoken = false;
        while (TryReceive(last is null && !isWoken ? Timeout.InfiniteTimeSpan : TimeSpan.Zero, ref last, ref isWoken))
        {
            // Until nothing is left of what waits already.
        }
        return last;
    }

    /// <summary>Ends the wait that is or comes next. For any thread.</summary>
    public void Wake()
    {
        // An answer is a message, and a message ends a wait.
        var request = new MessageWriter(64);
        var message = request.BeginMessage((ushort)NfMessage.GetGeneration, MessageFlags.Request, sequence: 1);
        NfGenMessage.Write(request, (byte)NfFamily.Unspecified);
        request.EndMessage(message);
        _socket.Send(request.Written, "get the nf_tables generation");
    }

    public void Dispose() => _socket.Dispose();

    private bool TryReceive(TimeSpan timeout, ref NfCommit? last, ref bool isWoken)
    {
        try
        {
            if (!_socket.TryReceive(timeout, out var datagram))
                return false;
            var messages = new MessageReader(datagram);
            while (messages.Next())
            {
                if (messages.Header.PortId == _port)
                    isWoken = true;
                else if (Read(messages.Header, messages.Payload) is { } commit)
                    last = commit;
            }
        }
        catch (NetlinkException lost) when (lost.Errno == NetlinkErrno.NoBuffers)
        {
            (last, _isTouched) = (NfCommit.Lost, false);
        }
        return true;
    }

    /// <summary>What a commit changes is told before the commit itself, which is its end.</summary>
    private NfCommit? Read(in MessageHeader header, ReadOnlySpan<byte> payload)
    {
        if (header.Type != (ushort)NfMessage.NewGeneration)
        {
            _isTouched |= IsOfTable(payload);
            return null;
        }
        var isTouched = _isTouched;
        _isTouched = false;
        return isTouched ? NfCommit.Read(payload) : null;
    }

    private bool IsOfTable(ReadOnlySpan<byte> payload)
    {
        // The name of the table is attribute 1 in every kind of message.
        var attributes = AttributeReader.After(NfGenMessage.Size, payload);
        return NfGenMessage.ReadFamily(payload) == _family && attributes.Next() && attributes.Type == NfTable.AttributeName &&
            attributes.ReadStringBytes().SequenceEqual(_table);
    }
}
