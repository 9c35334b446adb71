using System.Text;
using NetPol.Netlink;

namespace NetPol.Nftables.Kernel;

/// <summary>
/// Hears when anyone but some sockets changes a table, in the network namespace of the thread that opened it, see <see cref="KernelNftables.Watch"/>. Not for use by
/// two threads at once, but for <see cref="Wake"/>.
/// </summary>
public sealed class TableMonitor : IDisposable
{
    // NFNLGRP_NFTABLES of linux/netfilter/nfnetlink.h.
    private const int ChangesGroup = 7;
    private const int ReceiveBuffer = 4 * 1024 * 1024;
    private readonly NetlinkSocket _socket;
    private readonly uint _port;
    private readonly byte _family;
    private readonly byte[] _table;

    /// <summary>Whether the commit whose messages are coming in has changed the table.</summary>
    private bool _isTableChanged;

    private TableMonitor(NetlinkSocket socket, TableFamily family, string table)
    {
        _socket = socket;
        _port = socket.PortId;
        _family = (byte)family;
        _table = Encoding.UTF8.GetBytes(table);
    }

    /// <param name="family">The table's family.</param>
    /// <param name="table">The table; it need not be there.</param>
    /// <param name="ignored">The <see cref="NftablesSocket.PortId"/>s of sockets whose commits are not reported.</param>
    /// <exception cref="NetlinkException">The kernel has no nfnetlink, or it is not permitted.</exception>
    internal static TableMonitor Open(TableFamily family, string table, params ReadOnlySpan<uint> ignored)
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

    /// <summary>Waits until another program changed the table, or may have changed it because messages were lost. Reports several changes as one.</summary>
    /// <returns>Who was the last, for people: <c>nft (process 4711)</c>; null when <see cref="Wake"/> ended the wait.</returns>
    public string? WaitForChange()
    {
        CommitAuthor? last = null;
        var isWoken = false;
        while (TryReceive(last is null && !isWoken ? Timeout.InfiniteTimeSpan : TimeSpan.Zero, ref last, ref isWoken))
        {
            // Until nothing is left of what waits already.
        }
        return last?.ToString();
    }

    /// <summary>Ends the current or the next wait. Thread-safe.</summary>
    public void Wake()
    {
        // An answer is a message, and a message ends a wait.
        var request = new MessageWriter(64);
        var message = request.BeginMessage((ushort)NftablesMessageType.GetGeneration, MessageFlags.Request, sequence: 1);
        NetfilterHeader.Write(request, (byte)TableFamily.Unspecified);
        request.EndMessage(message);
        _socket.Send(request.Written, "get the nf_tables generation");
    }

    public void Dispose() => _socket.Dispose();

    private bool TryReceive(TimeSpan timeout, ref CommitAuthor? last, ref bool isWoken)
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
            (last, _isTableChanged) = (CommitAuthor.Lost, false);
        }
        return true;
    }

    /// <summary>The kernel sends the changes of a commit first, and a message for the commit last.</summary>
    private CommitAuthor? Read(in MessageHeader header, ReadOnlySpan<byte> payload)
    {
        if (header.Type != (ushort)NftablesMessageType.NewGeneration)
        {
            _isTableChanged |= IsOfTable(payload);
            return null;
        }
        var isTouched = _isTableChanged;
        _isTableChanged = false;
        return isTouched ? CommitAuthor.Read(payload) : null;
    }

    private bool IsOfTable(ReadOnlySpan<byte> payload)
    {
        var attributes = AttributeReader.After(NetfilterHeader.Size, payload);
        return NetfilterHeader.ReadFamily(payload) == _family && attributes.Next() && attributes.Type == Table.AttributeName &&
            attributes.ReadStringBytes().SequenceEqual(_table);
    }
}

/// <summary>Who committed a change (linux/netfilter/nf_tables.h, <c>enum nft_gen_attributes</c>).</summary>
/// <param name="ProcessId">In the initial pid namespace; null when the kernel's message was lost.</param>
/// <param name="ProcessName">Its first 15 bytes; null when it was lost.</param>
internal readonly record struct CommitAuthor(uint? ProcessId, string? ProcessName)
{
    private const ushort AttributeProcessId = 2;
    private const ushort AttributeProcessName = 3;

    /// <summary>Messages were lost: anyone may have changed anything.</summary>
    public static CommitAuthor Lost => default;

    /// <summary>For people: <c>nft (process 4711)</c>.</summary>
    public override string ToString() => ProcessId is { } id ? $"{ProcessName} (process {id})" : "An unknown program";

    /// <exception cref="NetlinkFormatException">The payload is no generation.</exception>
    public static CommitAuthor Read(ReadOnlySpan<byte> payload)
    {
        var commit = default(CommitAuthor);
        var attributes = AttributeReader.After(NetfilterHeader.Size, payload);
        while (attributes.Next())
        {
            commit = attributes.Type switch
            {
                AttributeProcessId => commit with { ProcessId = attributes.ReadUInt32BigEndian() },
                AttributeProcessName => commit with { ProcessName = attributes.ReadString() },
                _ => commit,
            };
        }
        return commit;
    }
}
