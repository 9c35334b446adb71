using System.Net;
using System.Net.Sockets;

namespace NetPol.Lab;

/// <summary>Sends its name as a line on each connection, then echoes what it receives.</summary>
internal sealed class TcpProbeListener : Listener
{
    // More connections than one batch of probes can open at a time; the kernel caps it at net.core.somaxconn.
    private const int Backlog = 4096;

    private readonly byte[] _greeting;

    private TcpProbeListener(Socket socket, byte[] greeting)
        : base(socket) => _greeting = greeting;

    /// <summary>Opens the listener. Call it inside the namespace.</summary>
    public static TcpProbeListener Open(IPEndPoint at, byte[] greeting)
    {
        var socket = new Socket(at.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(at);
            socket.Listen(Backlog);
            return new TcpProbeListener(socket, greeting);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    protected override async ValueTask ServeNextAsync()
    {
        var connection = await Socket.AcceptAsync();
        _ = TalkAsync(connection);
    }

    private async Task TalkAsync(Socket connection)
    {
        using var closing = connection;
        var buffer = new byte[256];
        try
        {
            await connection.SendAsync(_greeting);
            int length;
            while ((length = await connection.ReceiveAsync(buffer)) > 0)
                await connection.SendAsync(buffer.AsMemory(0, length));
        }
        catch (SocketException)
        {
            // The peer disconnected: a probe resets its connection as soon as it has read the name.
        }
    }
}
