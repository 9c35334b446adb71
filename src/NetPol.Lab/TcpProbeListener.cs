using System.Net;
using System.Net.Sockets;

namespace NetPol.Lab;

/// <summary>Says its name in a line to whoever connects, then gives back what it gets.</summary>
internal sealed class TcpProbeListener : Listener
{
    // More than a wave of probes can have on their way; the kernel caps it at net.core.somaxconn.
    private const int Backlog = 4096;

    private readonly byte[] _greeting;

    private TcpProbeListener(Socket socket, byte[] greeting)
        : base(socket) => _greeting = greeting;

    /// <summary>To be called inside the namespace.</summary>
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
            // The other end went away: a probe resets its connection as soon as it has read the name.
        }
    }
}
