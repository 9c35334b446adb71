using System.Net;
using System.Net.Sockets;

namespace NetPol.Lab;

/// <summary>Answers every datagram with its name as a line, followed by the datagram's content.</summary>
internal sealed class UdpProbeListener : Listener
{
    private const int LongestEcho = 1024;

    private readonly byte[] _buffer;
    private readonly int _greetingLength;
    private readonly SocketAddress _peer;

    private UdpProbeListener(Socket socket, byte[] greeting)
        : base(socket)
    {
        _buffer = [.. greeting, .. new byte[LongestEcho]];
        _greetingLength = greeting.Length;
        _peer = new SocketAddress(socket.AddressFamily);
    }

    /// <summary>Opens the listener. Call it inside the namespace.</summary>
    public static UdpProbeListener Open(IPEndPoint at, byte[] greeting)
    {
        var socket = new Socket(at.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            socket.Bind(at);
            return new UdpProbeListener(socket, greeting);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    protected override async ValueTask ServeNextAsync()
    {
        var length = await Socket.ReceiveFromAsync(_buffer.AsMemory(_greetingLength), SocketFlags.None, _peer);
        await Socket.SendToAsync(_buffer.AsMemory(0, _greetingLength + length), SocketFlags.None, _peer);
    }
}
