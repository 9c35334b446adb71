using System.Net.Sockets;

namespace NetPol.Lab.Listening;

/// <summary>Answers on one socket until disposed. The loop runs on the thread pool: the socket stays in the namespace it was made in.</summary>
internal abstract class Listener : IDisposable
{
    private volatile bool _disposed;

    protected Listener(Socket socket) => Socket = socket;

    protected Socket Socket { get; }

    public void Start() => _ = ServeAsync();

    public void Dispose()
    {
        _disposed = true;
        Socket.Dispose();
    }

    /// <summary>Serves the next connection or packet.</summary>
    protected abstract ValueTask ServeNextAsync();

    private async Task ServeAsync()
    {
        while (!_disposed)
        {
            try
            {
                await ServeNextAsync();
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                // One peer's trouble (it went away, its answer has no route) is not the listener's: the prober sees silence.
                // A disposed socket ends the loop.
            }
        }
    }
}
