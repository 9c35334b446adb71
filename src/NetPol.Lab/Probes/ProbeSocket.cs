using System.Net;
using System.Net.Sockets;

namespace NetPol.Lab.Probes;

/// <summary>One probe on its way: a socket of its own, bound to the source address and connected to the destination, so a flow of its own.</summary>
internal abstract class ProbeSocket : IDisposable
{
    // IP_RECVERR (linux/in.h) and IPV6_RECVERR (linux/in6.h): every ICMP error becomes an error of the socket.
    private const int SolIp = 0;
    private const int IpRecvErr = 11;
    private const int SolIpv6 = 41;
    private const int Ipv6RecvErr = 25;

    private const int MostBinds = 100;

    protected ProbeSocket(Probe probe, Socket socket)
    {
        Probe = probe;
        Socket = socket;
        Socket.Blocking = false;
        if (probe.To.AddressFamily == AddressFamily.InterNetwork)
            Socket.SetRawSocketOption(SolIp, IpRecvErr, [1, 0, 0, 0]);
        else
            Socket.SetRawSocketOption(SolIpv6, Ipv6RecvErr, [1, 0, 0, 0]);
        SourcePort = Bind();
    }

    public Probe Probe { get; }

    public Socket Socket { get; }

    /// <summary>The source port, or the identifier of an ICMP echo.</summary>
    protected ushort SourcePort { get; }

    /// <summary>To be called inside the source's namespace.</summary>
    public static ProbeSocket Open(Probe probe) => probe.Protocol switch
    {
        LabProtocol.Tcp => new TcpProbeSocket(probe),
        LabProtocol.Udp => new DatagramProbeSocket(probe, SocketType.Dgram, ProtocolType.Udp, "netpol\n"u8.ToArray()),
        LabProtocol.Icmp => probe.To.AddressFamily == AddressFamily.InterNetwork
            ? new DatagramProbeSocket(probe, SocketType.Dgram, ProtocolType.Icmp, [8, 0, 0, 0, 0, 0, 0, 1])
            : new DatagramProbeSocket(probe, SocketType.Dgram, ProtocolType.IcmpV6, [128, 0, 0, 0, 0, 0, 0, 1]),
        LabProtocol.Sctp => new SctpProbeSocket(probe),
        _ => throw new InvalidOperationException($"no way to probe {probe.Protocol}"),
    };

    /// <summary>Sends for the first time.</summary>
    public abstract void Send();

    /// <summary>Sends once more, where the kernel does not do so by itself. What an earlier packet brought back may show now.</summary>
    public abstract Observation? Resend();

    /// <summary>What the socket has to say now; null when it has nothing conclusive.</summary>
    public abstract Observation? Receive();

    /// <summary>What to make of it when nothing more is waited for.</summary>
    public virtual Observation TimeOut() => new(Probe, ProbeOutcome.NoAnswer);

    public void Dispose() => Socket.Dispose();

    /// <summary>What an error of the system says about a probe; null for those that say nothing yet.</summary>
    public static Observation? Interpret(Probe probe, SocketError error) => error switch
    {
        SocketError.WouldBlock or SocketError.InProgress or SocketError.IOPending => null,
        SocketError.ConnectionRefused => new(probe, ProbeOutcome.Refused),
        SocketError.TimedOut => new(probe, ProbeOutcome.NoAnswer),
        SocketError.HostUnreachable or SocketError.NetworkUnreachable or SocketError.HostDown or SocketError.AccessDenied =>
            new(probe, ProbeOutcome.Unreachable, Error: Describe(error)),
        _ => new(probe, ProbeOutcome.Failed, Error: Describe(error)),
    };

    protected Observation? Interpret(SocketError error) => Interpret(Probe, error);

    private ushort Bind()
    {
        for (var tries = 1; ; tries++)
        {
            var flow = SourcePortAllocator.Next();
            try
            {
                Socket.Bind(new IPEndPoint(Probe.From, flow));
                return flow;
            }
            catch (SocketException taken) when (taken.SocketErrorCode == SocketError.AddressAlreadyInUse && tries < MostBinds)
            {
                // Somebody listens there: the next number.
            }
        }
    }

    private static string Describe(SocketError error) => new SocketException((int)error).Message;
}

/// <summary>
/// Source ports and ICMP identifiers for probes. One comes back only after all others: a kernel that remembers the flow of an earlier probe
/// between the same two ends would let a later one of the same number through, whatever the rules say by then.
/// </summary>
internal static class SourcePortAllocator
{
    private const int First = 32768;
    private const int Count = 28232; // up to 60999, as the kernel's own ephemeral ports

    private static int _last = Random.Shared.Next(Count);

    public static ushort Next() => (ushort)(First + ((uint)Interlocked.Increment(ref _last) % Count));
}
