using System.Buffers.Binary;

namespace NetPol.Netlink.PacketLogs;

/// <summary>
/// Receives what the rules of one network namespace log to one group. A group is the namespace's, and one socket has it at a time.
/// Not for use by two threads at once.
/// </summary>
public sealed class LogSocket : IDisposable
{
    /// <summary>NFNL_SUBSYS_ULOG in the high byte; NFULNL_MSG_PACKET and _CONFIG in the low one.</summary>
    private const ushort MessagePacket = 4 << 8;
    private const ushort MessageConfig = (4 << 8) | 1;
    private const ushort AttributeCommand = 1;
    private const ushort AttributeMode = 2;
    private const ushort AttributeBufferSize = 3;
    private const ushort AttributeTimeout = 4;
    private const ushort AttributeThreshold = 5;
    private const ushort AttributeFlags = 6;
    private const byte CommandBind = 1;
    private const byte CopyPacket = 2;
    private const ushort FlagSequence = 1;
    private readonly NetlinkSocket _socket;
    private uint _next;

    private LogSocket(NetlinkSocket socket) => _socket = socket;

    /// <summary>How many packets the kernel logged to this group, since it was bound, that did not arrive here: nobody read them in time.</summary>
    public long Lost { get; private set; }

    /// <summary>Takes a group in the network namespace of the calling thread, until the socket is closed.</summary>
    /// <exception cref="NetlinkException"><see cref="NetlinkErrno.NotPermitted"/>: another socket has the group, or CAP_NET_ADMIN is missing.</exception>
    public static LogSocket Bind(ushort group, LogSettings settings)
    {
        var socket = NetlinkSocket.Open(NetlinkProtocol.Netfilter);
        try
        {
            socket.SetReceiveBuffer(settings.ReceiveBuffer);
            // What is lost is known by the numbers of what comes next.
            socket.IgnoreOverruns();
            socket.Request(Configuration(group, settings, socket.NextSequence()), $"bind log group {group}");
            return new(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Waits for packets and hands over those that came together; false when none came within <paramref name="timeout"/>.</summary>
    /// <exception cref="NetlinkFormatException">What came is no log; the next call goes on behind it.</exception>
    public bool Receive(TimeSpan timeout, LoggedPacketHandler handler)
    {
        if (!_socket.TryReceive(timeout, out var datagram))
            return false;
        var messages = new MessageReader(datagram);
        while (messages.Next())
        {
            if (messages.Header.Type != MessagePacket)
                continue;
            var packet = LoggedPacket.Read(messages.Payload);
            if (packet.Sequence is { } sequence)
            {
                Lost += unchecked(sequence - _next);
                _next = unchecked(sequence + 1);
            }
            handler(packet);
        }
        return true;
    }

    public void Dispose() => _socket.Dispose();

    private static MessageWriter Configuration(ushort group, LogSettings settings, uint sequence)
    {
        var request = new MessageWriter(128);
        var message = request.BeginMessage(MessageConfig, MessageFlags.Request | MessageFlags.Ack, sequence);
        NfGenMessage.Write(request, 0, group);
        request.WriteByte(AttributeCommand, CommandBind);
        Span<byte> mode = stackalloc byte[6];
        mode.Clear();
        BinaryPrimitives.WriteUInt32BigEndian(mode, settings.CopyRange);
        mode[4] = CopyPacket;
        request.Write(AttributeMode, mode);
        request.WriteUInt32BigEndian(AttributeBufferSize, settings.GatherBytes);
        request.WriteUInt32BigEndian(AttributeTimeout, (uint)(settings.GatherTime.TotalMilliseconds / 10));
        request.WriteUInt32BigEndian(AttributeThreshold, settings.GatherPackets);
        request.WriteUInt16BigEndian(AttributeFlags, FlagSequence);
        request.EndMessage(message);
        return request;
    }
}
