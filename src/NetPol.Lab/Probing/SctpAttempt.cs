using System.Net;
using System.Net.Sockets;
using System.Text;
using NetPol.Netlink;

namespace NetPol.Lab.Probing;

/// <summary>Sends an INIT on a raw socket and waits for INIT ACK or ABORT.</summary>
internal sealed class SctpAttempt : Attempt
{
    private readonly byte[] _packet = new byte[2048];
    private readonly byte[] _init;
    private readonly uint _tag = (uint)Random.Shared.NextInt64(1, uint.MaxValue);

    public SctpAttempt(Probe probe)
        : base(probe, RawSocket.Open(probe.To.AddressFamily, SctpPacket.Protocol))
    {
        _init = SctpPacket.MakeInit(Flow, probe.Port, _tag);

        // A raw socket hears every SCTP packet to its namespace; a connected one only those between these two addresses.
        Socket.Connect(new IPEndPoint(probe.To, 0));
    }

    public override void Send() => Socket.Send(_init);

    public override Observation? SendAgain()
    {
        Socket.Send(_init, SocketFlags.None, out var error);
        return error == SocketError.Success ? null : Judge(error);
    }

    public override Observation? Hear()
    {
        while (true)
        {
            var length = Socket.Receive(_packet, SocketFlags.None, out var error);
            if (error != SocketError.Success)
                return Judge(error);
            if (Read(_packet.AsSpan(0, length)) is { } answer)
                return answer;
        }
    }

    private Observation? Read(ReadOnlySpan<byte> received)
    {
        if (!SctpPacket.TryRead(received, Socket.AddressFamily == AddressFamily.InterNetwork, out var packet)
            || packet.SourcePort != Probe.Port || packet.DestinationPort != Flow || packet.Tag != _tag)
        {
            return null;
        }

        if (packet.IsAbort)
            return new(Probe, ProbeOutcome.Refused);
        return packet.IsInitAck ? new(Probe, ProbeOutcome.Answered, Encoding.UTF8.GetString(packet.Cookie).TrimEnd('\n')) : null;
    }
}
