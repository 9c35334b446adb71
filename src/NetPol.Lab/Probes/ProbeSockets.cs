using System.Net;
using System.Net.Sockets;
using System.Text;
using NetPol.Netlink;

namespace NetPol.Lab.Probes;

/// <summary>Probes with UDP or an ICMP echo: sends one packet and accepts any packet to the same socket as the answer.</summary>
internal sealed class DatagramProbeSocket : ProbeSocket
{
    private readonly ProtocolType _protocol;
    private readonly byte[] _packet;
    private readonly byte[] _answer = new byte[1024];

    /// <summary>Opens the socket. For ICMP the packet is an echo request; the kernel fills in its identifier and checksum.</summary>
    public DatagramProbeSocket(Probe probe, SocketType type, ProtocolType protocol, byte[] packet)
        : base(probe, new Socket(probe.To.AddressFamily, type, protocol))
    {
        _protocol = protocol;
        _packet = packet;
        Socket.Connect(new IPEndPoint(probe.To, probe.Port));
    }

    public override void Send() => Socket.Send(_packet);

    public override Observation? Resend()
    {
        Socket.Send(_packet, SocketFlags.None, out var error);
        return error == SocketError.Success ? null : Interpret(error);
    }

    public override Observation? Receive()
    {
        var length = Socket.Receive(_answer, SocketFlags.None, out var error);
        return error == SocketError.Success ? new(Probe, ProbeOutcome.Answered, Name(_answer.AsSpan(0, length))) : Interpret(error);
    }

    private string? Name(ReadOnlySpan<byte> answer)
    {
        var end = answer.IndexOf((byte)'\n');
        return _protocol == ProtocolType.Udp && end >= 0 ? Encoding.UTF8.GetString(answer[..end]) : null;
    }
}

/// <summary>Sends an INIT on a raw socket and waits for INIT ACK or ABORT.</summary>
internal sealed class SctpProbeSocket : ProbeSocket
{
    private readonly byte[] _packet = new byte[2048];
    private readonly byte[] _init;
    private readonly uint _tag = (uint)Random.Shared.NextInt64(1, uint.MaxValue);

    public SctpProbeSocket(Probe probe)
        : base(probe, RawSocket.Open(probe.To.AddressFamily, SctpPacket.Protocol))
    {
        _init = SctpPacket.MakeInit(SourcePort, probe.Port, _tag);

        // A raw socket receives every SCTP packet to its namespace; a connected one receives only those between these two addresses.
        Socket.Connect(new IPEndPoint(probe.To, 0));
    }

    public override void Send() => Socket.Send(_init);

    public override Observation? Resend()
    {
        Socket.Send(_init, SocketFlags.None, out var error);
        return error == SocketError.Success ? null : Interpret(error);
    }

    public override Observation? Receive()
    {
        while (true)
        {
            var length = Socket.Receive(_packet, SocketFlags.None, out var error);
            if (error != SocketError.Success)
                return Interpret(error);
            if (Read(_packet.AsSpan(0, length)) is { } answer)
                return answer;
        }
    }

    private Observation? Read(ReadOnlySpan<byte> received)
    {
        if (!SctpPacket.TryRead(received, Socket.AddressFamily == AddressFamily.InterNetwork, out var packet)
            || packet.SourcePort != Probe.Port || packet.DestinationPort != SourcePort || packet.Tag != _tag)
        {
            return null;
        }

        if (packet.IsAbort)
            return new(Probe, ProbeOutcome.Refused);
        return packet.IsInitAck ? new(Probe, ProbeOutcome.Answered, Encoding.UTF8.GetString(packet.Cookie).TrimEnd('\n')) : null;
    }
}

/// <summary>Connects and reads the line in which the listener names itself.</summary>
internal sealed class TcpProbeSocket : ProbeSocket
{
    private readonly byte[] _line = new byte[1024];
    private int _length;

    public TcpProbeSocket(Probe probe)
        : base(probe, new Socket(probe.To.AddressFamily, SocketType.Stream, ProtocolType.Tcp))
    {
        // Close with RST, so that no connection stays in TIME_WAIT.
        Socket.LingerState = new LingerOption(enable: true, 0);
    }

    public override void Send()
    {
        try
        {
            Socket.Connect(new IPEndPoint(Probe.To, Probe.Port));
        }
        catch (SocketException pending) when (Interpret(pending.SocketErrorCode) is null)
        {
            // The connection is in progress, as intended.
        }
    }

    // The kernel retransmits a SYN after one second.
    public override Observation? Resend() => null;

    public override Observation? Receive()
    {
        var length = Socket.Receive(_line.AsSpan(_length), SocketFlags.None, out var error);
        if (error is SocketError.ConnectionReset || (error == SocketError.Success && length == 0))
            return Opened();
        if (error != SocketError.Success)
            return Interpret(error);
        _length += length;
        var end = _line.AsSpan(0, _length).IndexOf((byte)'\n');
        if (end >= 0)
            return new(Probe, ProbeOutcome.Answered, Encoding.UTF8.GetString(_line, 0, end));
        return _length == _line.Length ? Opened() : null;
    }

    public override Observation TimeOut() => Socket.Poll(0, SelectMode.SelectWrite) && !Socket.Poll(0, SelectMode.SelectError) ? Opened() : base.TimeOut();

    private Observation Opened() => new(Probe, ProbeOutcome.Answered);
}
