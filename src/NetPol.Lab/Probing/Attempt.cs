using System.Net;
using System.Net.Sockets;

namespace NetPol.Lab.Probing;

/// <summary>One probe on its way: a socket of its own, bound to the source address and connected to the destination, so a flow of its own.</summary>
internal abstract class Attempt : IDisposable
{
    // IP_RECVERR (linux/in.h) and IPV6_RECVERR (linux/in6.h): every ICMP error becomes an error of the socket.
    private const int SolIp = 0;
    private const int IpRecvErr = 11;
    private const int SolIpv6 = 41;
    private const int Ipv6RecvErr = 25;

    private const int MostBinds = 100;

    protected Attempt(Probe probe, Socket socket)
    {
        Probe = probe;
        Socket = socket;
        Socket.Blocking = false;
        if (probe.To.AddressFamily == AddressFamily.InterNetwork)
            Socket.SetRawSocketOption(SolIp, IpRecvErr, [1, 0, 0, 0]);
        else
            Socket.SetRawSocketOption(SolIpv6, Ipv6RecvErr, [1, 0, 0, 0]);
        Flow = Bind();
    }

    public Probe Probe { get; }

    public Socket Socket { get; }

    /// <summary>The source port, or the identifier of an ICMP echo.</summary>
    protected ushort Flow { get; }

    /// <summary>To be called inside the source's namespace.</summary>
    public static Attempt Open(Probe probe) => probe.Protocol switch
    {
        LabProtocol.Tcp => new TcpAttempt(probe),
        LabProtocol.Udp => new DatagramAttempt(probe, SocketType.Dgram, ProtocolType.Udp, "netpol\n"u8.ToArray()),
        LabProtocol.Icmp => probe.To.AddressFamily == AddressFamily.InterNetwork
            ? new DatagramAttempt(probe, SocketType.Dgram, ProtocolType.Icmp, [8, 0, 0, 0, 0, 0, 0, 1])
            : new DatagramAttempt(probe, SocketType.Dgram, ProtocolType.IcmpV6, [128, 0, 0, 0, 0, 0, 0, 1]),
        LabProtocol.Sctp => new SctpAttempt(probe),
        _ => throw new InvalidOperationException($"no way to probe {probe.Protocol}"),
    };

    /// <summary>Sends for the first time.</summary>
    public abstract void Send();

    /// <summary>Sends once more, where the kernel does not do so by itself. What an earlier packet brought back may show now.</summary>
    public abstract Observation? SendAgain();

    /// <summary>What the socket has to say now; null when it has nothing conclusive.</summary>
    public abstract Observation? Hear();

    /// <summary>What to make of it when nothing more is waited for.</summary>
    public virtual Observation GiveUp() => new(Probe, ProbeOutcome.Silence);

    public void Dispose() => Socket.Dispose();

    /// <summary>What an error of the system says about a probe; null for those that say nothing yet.</summary>
    public static Observation? Judge(Probe probe, SocketError error) => error switch
    {
        SocketError.WouldBlock or SocketError.InProgress or SocketError.IOPending => null,
        SocketError.ConnectionRefused => new(probe, ProbeOutcome.Refused),
        SocketError.TimedOut => new(probe, ProbeOutcome.Silence),
        SocketError.HostUnreachable or SocketError.NetworkUnreachable or SocketError.HostDown or SocketError.AccessDenied =>
            new(probe, ProbeOutcome.Unreachable, Error: Words(error)),
        _ => new(probe, ProbeOutcome.Failed, Error: Words(error)),
    };

    protected Observation? Judge(SocketError error) => Judge(Probe, error);

    private ushort Bind()
    {
        for (var tries = 1; ; tries++)
        {
            var flow = FlowNumbers.Next();
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

    private static string Words(SocketError error) => new SocketException((int)error).Message;
}
