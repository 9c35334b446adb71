using System.Buffers.Binary;
using System.Text;

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

    /// <summary>The number of packets logged to this group since it was bound that were lost, because the reader was too slow.</summary>
    public long LostPackets { get; private set; }

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
                LostPackets += unchecked(sequence - _next);
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
        NetfilterHeader.Write(request, 0, group);
        request.WriteByte(AttributeCommand, CommandBind);
        Span<byte> mode = stackalloc byte[6];
        mode.Clear();
        BinaryPrimitives.WriteUInt32BigEndian(mode, settings.SnapLength);
        mode[4] = CopyPacket;
        request.Write(AttributeMode, mode);
        request.WriteUInt32BigEndian(AttributeBufferSize, settings.BatchBytes);
        request.WriteUInt32BigEndian(AttributeTimeout, (uint)(settings.BatchTime.TotalMilliseconds / 10));
        request.WriteUInt32BigEndian(AttributeThreshold, settings.BatchPackets);
        request.WriteUInt16BigEndian(AttributeFlags, FlagSequence);
        request.EndMessage(message);
        return request;
    }
}

/// <summary>How the kernel hands packets over (linux/netfilter/nfnetlink_log.h, <c>enum nfulnl_attr_config</c>).</summary>
public sealed record LogSettings
{
    /// <summary>Bytes of a packet that are copied, from its network header on, where its rule does not ask for fewer.</summary>
    public uint SnapLength { get; init; } = 128;

    /// <summary>Bytes that the kernel gathers before it sends; at most 128 KiB count.</summary>
    public uint BatchBytes { get; init; } = 16 * 1024;

    /// <summary>Packets that the kernel gathers before it sends.</summary>
    public uint BatchPackets { get; init; } = 64;

    /// <summary>How long a packet waits for others; counted in hundredths of a second.</summary>
    public TimeSpan BatchTime { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Bytes that wait for the reader. What does not fit is lost.</summary>
    public int ReceiveBuffer { get; init; } = 4 * 1024 * 1024;
}

/// <summary>A packet that a rule logged, valid only during the call that hands it over (linux/netfilter/nfnetlink_log.h, <c>enum nfulnl_attr_type</c>).</summary>
public readonly ref struct LoggedPacket
{
    private const int AttributePayload = 9;
    private const int AttributePrefix = 10;
    private const int AttributeSequence = 12;
    private readonly ReadOnlySpan<byte> _prefix;

    private LoggedPacket(AttributeReader attributes)
    {
        while (attributes.Next())
        {
            switch (attributes.Type)
            {
                case AttributePayload:
                    Payload = attributes.Value;
                    break;
                case AttributePrefix:
                    _prefix = attributes.ReadStringBytes();
                    break;
                case AttributeSequence:
                    Sequence = attributes.ReadUInt32BigEndian();
                    break;
            }
        }
    }

    /// <summary>The log prefix of the rule; empty for none.</summary>
    public string Prefix => Encoding.UTF8.GetString(_prefix);

    /// <summary>The packet's number in its group, from 0; it starts again after 2³² − 1. Null where it was not asked for.</summary>
    public uint? Sequence { get; }

    /// <summary>The packet from its network header on, as far as it was copied. <see cref="PacketHeaders"/> reads it.</summary>
    public ReadOnlySpan<byte> Payload { get; }

    /// <exception cref="NetlinkFormatException">The payload of the message is no logged packet.</exception>
    public static LoggedPacket Read(ReadOnlySpan<byte> message) => new(AttributeReader.After(NetfilterHeader.Size, message));
}

/// <summary>Takes one packet; its bytes are valid only during the call.</summary>
public delegate void LoggedPacketHandler(in LoggedPacket packet);
