using System.Net;
using System.Net.Sockets;
using NetPol.Model.Net;

namespace NetPol.Lab.Probes;

/// <summary>A probe in flight. It has its own socket, bound to the source and connected to the destination, and so its own flow.</summary>
internal abstract class ProbeSocket : IDisposable
{
    // IP_RECVERR (linux/in.h) and IPV6_RECVERR (linux/in6.h): every ICMP error becomes a socket error.
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

    /// <summary>Opens the socket. Call it inside the source's namespace.</summary>
    public static ProbeSocket Open(Probe probe) => probe.Protocol switch
    {
        Protocol.Tcp => new TcpProbeSocket(probe),
        Protocol.Udp => new DatagramProbeSocket(probe, SocketType.Dgram, ProtocolType.Udp, "netpol\n"u8.ToArray()),
        Protocol.Icmp or Protocol.IcmpV6 => probe.To.AddressFamily == AddressFamily.InterNetwork
            ? new DatagramProbeSocket(probe, SocketType.Dgram, ProtocolType.Icmp, [8, 0, 0, 0, 0, 0, 0, 1])
            : new DatagramProbeSocket(probe, SocketType.Dgram, ProtocolType.IcmpV6, [128, 0, 0, 0, 0, 0, 0, 1]),
        Protocol.Sctp => new SctpProbeSocket(probe),
        _ => throw new InvalidOperationException($"no way to probe {probe.Protocol}"),
    };

    /// <summary>Sends the first packet.</summary>
    public abstract void Send();

    /// <summary>Sends again, unless the kernel retransmits by itself. Returns the result if an earlier packet caused an error that shows only now; else null.</summary>
    public abstract Observation? Resend();

    /// <summary>Returns what the socket received; null when it is not conclusive.</summary>
    public abstract Observation? Receive();

    /// <summary>Returns the result when the wait is over.</summary>
    public virtual Observation TimeOut() => new(Probe, ProbeOutcome.NoAnswer);

    public void Dispose() => Socket.Dispose();

    /// <summary>Returns the result that a socket error means; null for an error that is not conclusive.</summary>
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
                // The port is in use: try the next number.
            }
        }
    }

    private static string Describe(SocketError error) => new SocketException((int)error).Message;
}

/// <summary>
/// Allocates source ports and ICMP identifiers for probes. It reuses a number only after all others: while the kernel tracks an earlier flow
/// between the same ends, it would let a probe with the same number through, whatever the current rules say.
/// </summary>
internal static class SourcePortAllocator
{
    private const int First = 32768;
    private const int Count = 28232; // up to 60999, as the kernel's own ephemeral ports

    private static int _last = Random.Shared.Next(Count);

    public static ushort Next() => (ushort)(First + ((uint)Interlocked.Increment(ref _last) % Count));
}
