using System.Runtime.InteropServices;

namespace NetPol.Netlink.Routing;

/// <summary>
/// Waits for changes of links, addresses and routes of both families, in the network namespace of the thread that opened it. Not for use by two
/// threads at once, but for <see cref="Wake"/>.
/// </summary>
public sealed class RouteMonitor : IDisposable
{
    // RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_IFADDR and RTNLGRP_IPV6_ROUTE of linux/rtnetlink.h.
    private static readonly int[] Groups = [1, 5, 7, 9, 11];
    private const int ReceiveBuffer = 1024 * 1024;
    private readonly NetlinkSocket _socket;
    private readonly uint _port;

    private RouteMonitor(NetlinkSocket socket) => (_socket, _port) = (socket, socket.PortId);

    /// <exception cref="NetlinkException">No file is left.</exception>
    public static RouteMonitor Open()
    {
        var socket = NetlinkSocket.Open(NetlinkProtocol.Route);
        try
        {
            socket.SetReceiveBuffer(ReceiveBuffer);
            foreach (var group in Groups)
                socket.Join(group);
            return new(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Waits for a change. Several changes that wait already count as one.</summary>
    /// <returns>
    /// True after a change, and when the kernel lost messages (ENOBUFS): anything may have changed then. False when <see cref="Wake"/> ended the wait
    /// or <paramref name="timeout"/> is over.
    /// </returns>
    /// <exception cref="NetlinkException">The socket failed.</exception>
    public bool Wait(TimeSpan timeout)
    {
        var (isChanged, isWoken) = (false, false);
        while (TryReceive(isChanged || isWoken ? TimeSpan.Zero : timeout, ref isChanged, ref isWoken))
        {
            // Until no message is left.
        }
        return isChanged;
    }

    /// <summary>Ends the current or the next wait. Thread-safe.</summary>
    public void Wake()
    {
        // The answer to a request is a message, and a message ends a wait. Index 1 is the loopback device.
        var request = new MessageWriter(64);
        var message = request.BeginMessage((ushort)RouteMessageType.GetLink, MessageFlags.Request, sequence: 1);
        var header = new LinkHeader(0, 0, 0, 1, 0, 0);
        request.WriteRaw(MemoryMarshal.AsBytes(new ReadOnlySpan<LinkHeader>(in header)));
        request.EndMessage(message);
        _socket.Send(request.Written, "get link 1");
    }

    public void Dispose() => _socket.Dispose();

    private bool TryReceive(TimeSpan timeout, ref bool isChanged, ref bool isWoken)
    {
        try
        {
            if (!_socket.TryReceive(timeout, out var datagram))
                return false;
            var messages = new MessageReader(datagram);
            while (messages.Next())
            {
                // The kernel puts the port of the socket that caused a change into its message: this socket causes none.
                if (messages.Header.PortId == _port)
                    isWoken = true;
                else
                    isChanged = true;
            }
        }
        catch (NetlinkException lost) when (lost.Errno == NetlinkErrno.NoBuffers)
        {
            isChanged = true;
        }
        return true;
    }
}
