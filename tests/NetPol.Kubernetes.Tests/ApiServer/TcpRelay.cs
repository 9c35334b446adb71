using System.Net;
using System.Net.Sockets;

namespace NetPol.Kubernetes.Tests.ApiServer;

/// <summary>Relays connections to a server until the test closes them.</summary>
internal sealed class TcpRelay : IAsyncDisposable
{
    private readonly IPEndPoint _server;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Lock _lock = new();
    private readonly List<Socket> _open = [];
    private readonly Task _accepting;
    private bool _cut;

    public TcpRelay(IPEndPoint server)
    {
        _server = server;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Closes every connection, and each new one at once.</summary>
    public void Cut()
    {
        lock (_lock)
        {
            _cut = true;
            _open.ForEach(s => s.Dispose());
            _open.Clear();
        }
    }

    public void Mend()
    {
        lock (_lock)
            _cut = false;
    }

    public async ValueTask DisposeAsync()
    {
        Cut();
        _listener.Dispose();
        await _accepting;
    }

    private async Task AcceptAsync()
    {
        var pumps = new List<Task>();
        try
        {
            while (true)
            {
                var near = await _listener.AcceptSocketAsync();
                var far = new Socket(SocketType.Stream, ProtocolType.Tcp);
                if (await ConnectAsync(far) && Keep(near, far))
                    pumps.AddRange([PumpAsync(near, far), PumpAsync(far, near)]);
                else
                    Array.ForEach([near, far], s => s.Dispose());
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The listener was disposed of.
            await Task.WhenAll(pumps);
        }
    }

    private async Task<bool> ConnectAsync(Socket far)
    {
        try
        {
            await far.ConnectAsync(_server);
            return true;
        }
        catch (SocketException)
        {
            // The server is down: the client hears so by the end of its connection.
            return false;
        }
    }

    private bool Keep(Socket near, Socket far)
    {
        lock (_lock)
        {
            if (!_cut)
                _open.AddRange([near, far]);
            return !_cut;
        }
    }

    private static async Task PumpAsync(Socket from, Socket to)
    {
        var buffer = new byte[64 << 10];
        try
        {
            while (await from.ReceiveAsync(buffer) is > 0 and var count)
                await to.SendAsync(buffer.AsMemory(0, count));
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // One of the two ended, or was cut.
        }
        from.Dispose();
        to.Dispose();
    }
}
