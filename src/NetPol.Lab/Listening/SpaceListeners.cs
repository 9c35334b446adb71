using System.Net;
using System.Text;

namespace NetPol.Lab.Listening;

/// <summary>All listeners of one namespace, each bound to one address so that answers leave from the address that was asked.</summary>
internal sealed class SpaceListeners : IDisposable
{
    private readonly byte[] _greeting;
    private readonly Dictionary<(IPAddress Address, LabPort Port), Listener> _open = [];
    private readonly Dictionary<IPAddress, SctpListening> _sctp = [];

    /// <summary><paramref name="name"/> is what they call themselves.</summary>
    public SpaceListeners(string name) => _greeting = Encoding.UTF8.GetBytes(name + "\n");

    public bool Has(IPAddress address, LabPort port) =>
        port.Protocol == LabProtocol.Icmp
        || _open.ContainsKey((address, port));

    /// <summary>Opens a listener that is not there yet. To be called inside the namespace, by one thread at a time.</summary>
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
        if (port.Protocol == LabProtocol.Sctp)
            return Sctp(address, port.Number);
        var at = new IPEndPoint(address, port.Number);
        Listener listener = port.Protocol == LabProtocol.Tcp ? TcpListening.Open(at, _greeting) : UdpListening.Open(at, _greeting);
        listener.Start();
        return listener;
    }

    private SctpListening Sctp(IPAddress address, ushort port)
    {
        if (!_sctp.TryGetValue(address, out var listening))
        {
            listening = SctpListening.Open(address, _greeting);
            _sctp.Add(address, listening);
            listening.Start();
        }

        listening.AddPort(port);
        return listening;
    }
}
