using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using NetPol.Netlink;

namespace NetPol.Lab;

/// <summary>
/// Answers SCTP INITs to one address on a raw socket, because the kernel may lack SCTP. Sends INIT ACK on listening ports, with the name as the
/// cookie, and ABORT on other ports.
/// </summary>
internal sealed class SctpProbeListener : Listener
{
    private readonly byte[] _buffer = new byte[2048];
    private readonly byte[] _greeting;
    private readonly ConcurrentDictionary<ushort, bool> _ports = [];
    private readonly SocketAddress _peer;

    private SctpProbeListener(Socket socket, byte[] greeting)
        : base(socket)
    {
        _greeting = greeting;
        _peer = new SocketAddress(socket.AddressFamily);
    }

    /// <summary>Opens the listener. Call it inside the namespace.</summary>
    public static SctpProbeListener Open(IPAddress at, byte[] greeting)
    {
        var socket = RawSocket.Open(at.AddressFamily, SctpPacket.Protocol);
        try
        {
            socket.Bind(new IPEndPoint(at, 0));
            return new SctpProbeListener(socket, greeting);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public void AddPort(ushort port) => _ports[port] = true;

    protected override async ValueTask ServeNextAsync()
    {
        var length = await Socket.ReceiveFromAsync(_buffer, SocketFlags.None, _peer);
        if (Answer(_buffer.AsSpan(0, length)) is { } answer)
            await Socket.SendToAsync(answer, SocketFlags.None, _peer);
    }

    private byte[]? Answer(ReadOnlySpan<byte> received)
    {
        if (!SctpPacket.TryRead(received, Socket.AddressFamily == AddressFamily.InterNetwork, out var packet) || !packet.IsInit)
            return null;
        return _ports.ContainsKey(packet.DestinationPort) ? SctpPacket.MakeInitAck(packet, _greeting) : SctpPacket.MakeAbort(packet);
    }
}
