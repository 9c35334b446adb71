using System.Net;
using System.Net.Sockets;
using System.Text;

namespace NetPol.Lab.Probing;

/// <summary>UDP and the ICMP echo: sends one packet and takes whatever comes back to the same socket for the answer.</summary>
internal sealed class DatagramAttempt : Attempt
{
    private readonly ProtocolType _protocol;
    private readonly byte[] _packet;
    private readonly byte[] _answer = new byte[1024];

    /// <summary>For ICMP the packet is an echo request; the kernel writes its identifier and checksum.</summary>
    public DatagramAttempt(Probe probe, SocketType type, ProtocolType protocol, byte[] packet)
        : base(probe, new Socket(probe.To.AddressFamily, type, protocol))
    {
        _protocol = protocol;
        _packet = packet;
        Socket.Connect(new IPEndPoint(probe.To, probe.Port));
    }

    public override void Send() => Socket.Send(_packet);

    public override Observation? SendAgain()
    {
        Socket.Send(_packet, SocketFlags.None, out var error);
        return error == SocketError.Success ? null : Judge(error);
    }

    public override Observation? Hear()
    {
        var length = Socket.Receive(_answer, SocketFlags.None, out var error);
        return error == SocketError.Success ? new(Probe, ProbeOutcome.Answered, Name(_answer.AsSpan(0, length))) : Judge(error);
    }

    private string? Name(ReadOnlySpan<byte> answer)
    {
        var end = answer.IndexOf((byte)'\n');
        return _protocol == ProtocolType.Udp && end >= 0 ? Encoding.UTF8.GetString(answer[..end]) : null;
    }
}
