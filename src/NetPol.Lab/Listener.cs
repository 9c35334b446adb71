using System.Net;
using System.Net.Sockets;
using System.Text;
using NetPol.Model.Net;

namespace NetPol.Lab;

/// <summary>Answers on one socket until disposed. The loop runs on the thread pool; the socket stays in the namespace that created it.</summary>
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
                // An error of one peer (it disconnected, or has no return route) must not stop the listener; the prober sees silence.
                // A disposed socket ends the loop.
            }
        }
    }
}

/// <summary>All listeners of one namespace. Each is bound to one address, so that it answers from the address that was probed.</summary>
internal sealed class NamespaceListeners : IDisposable
{
    private readonly byte[] _greeting;
    private readonly Dictionary<(IPAddress Address, LabPort Port), Listener> _open = [];
    private readonly Dictionary<IPAddress, SctpProbeListener> _sctp = [];

    /// <summary>Creates an empty set; <paramref name="name"/> is the name that its listeners answer with.</summary>
    public NamespaceListeners(string name) => _greeting = Encoding.UTF8.GetBytes(name + "\n");

    public bool Has(IPAddress address, LabPort port) =>
        port.Protocol is Protocol.Icmp or Protocol.IcmpV6
        || _open.ContainsKey((address, port));

    /// <summary>Opens a listener unless it is already open. Call it inside the namespace, from one thread at a time.</summary>
    public void Open(IPAddress address, LabPort port)
    {
        if (!Has(address, port))
            _open.Add((address, port), Make(address, port));
    }

    public void Dispose()
    {
        foreach (var listener in _open.Values)
            listener.Dispose();
        _open.Clear();
        _sctp.Clear();
    }

    private Listener Make(IPAddress address, LabPort port)
    {
        if (port.Protocol == Protocol.Sctp)
            return Sctp(address, port.Number);
        var at = new IPEndPoint(address, port.Number);
        Listener listener = port.Protocol switch
        {
            Protocol.Tcp => TcpProbeListener.Open(at, _greeting),
            Protocol.Udp => UdpProbeListener.Open(at, _greeting),
            _ => throw new InvalidOperationException($"no way to listen for {port.Protocol}"),
        };
        listener.Start();
        return listener;
    }

    private SctpProbeListener Sctp(IPAddress address, ushort port)
    {
        if (!_sctp.TryGetValue(address, out var listening))
        {
            listening = SctpProbeListener.Open(address, _greeting);
            _sctp.Add(address, listening);
            listening.Start();
        }

        listening.AddPort(port);
        return listening;
    }
}
