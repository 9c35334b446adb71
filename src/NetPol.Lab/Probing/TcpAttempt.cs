using System.Net;
using System.Net.Sockets;
using System.Text;

namespace NetPol.Lab.Probing;

/// <summary>Connects, and reads the line in which the listener names itself.</summary>
internal sealed class TcpAttempt : Attempt
{
    private readonly byte[] _line = new byte[1024];
    private int _length;

    public TcpAttempt(Probe probe)
        : base(probe, new Socket(probe.To.AddressFamily, SocketType.Stream, ProtocolType.Tcp))
    {
        // Ends with RST: nothing lingers in TIME_WAIT.
        Socket.LingerState = new LingerOption(enable: true, 0);
    }

    public override void Send()
    {
        try
        {
            Socket.Connect(new IPEndPoint(Probe.To, Probe.Port));
        }
        catch (SocketException pending) when (Judge(pending.SocketErrorCode) is null)
        {
            // On its way, as wanted.
        }
    }

    // The kernel repeats a SYN after a second.
    public override Observation? SendAgain() => null;

    public override Observation? Hear()
    {
        var length = Socket.Receive(_line.AsSpan(_length), SocketFlags.None, out var error);
        if (error is SocketError.ConnectionReset || (error == SocketError.Success && length == 0))
            return Opened();
        if (error != SocketError.Success)
            return Judge(error);
        _length += length;
        var end = _line.AsSpan(0, _length).IndexOf((byte)'\n');
        if (end >= 0)
            return new(Probe, ProbeOutcome.Answered, Encoding.UTF8.GetString(_line, 0, end));
        return _length == _line.Length ? Opened() : null;
    }

    public override Observation GiveUp() => Socket.Poll(0, SelectMode.SelectWrite) && !Socket.Poll(0, SelectMode.SelectError) ? Opened() : base.GiveUp();

    private Observation Opened() => new(Probe, ProbeOutcome.Answered);
}
