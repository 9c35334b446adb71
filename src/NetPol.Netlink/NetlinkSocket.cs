using System.Buffers.Binary;
using System.Diagnostics;
using NetPol.Netlink.Interop;
using Tmds.Linux;
using static Tmds.Linux.LibC;

namespace NetPol.Netlink;

/// <summary>
/// A socket to the kernel, in the network namespace of the thread that opened it, wherever it is used later. Extended and capped
/// acknowledgements are on. It never blocks longer than its timeout. Not for use by two threads at once.
/// </summary>
public sealed class NetlinkSocket : IDisposable
{
    private const int ReceiveRoom = 128 * 1024;
    private static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(30);
    private readonly byte[] _received = GC.AllocateUninitializedArray<byte>(ReceiveRoom, pinned: true);
    private int _fd;
    private int _sendBuffer;
    private uint _sequence;

    private NetlinkSocket(int fd) => _fd = fd;

    /// <summary>Opens and binds a socket.</summary>
    /// <exception cref="NetlinkException">The kernel has no such family, or no file is left.</exception>
    public static unsafe NetlinkSocket Open(NetlinkProtocol protocol)
    {
        var fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, (int)protocol);
        if (fd < 0)
            throw Failed($"open a netlink socket for {protocol}");
        var opened = new NetlinkSocket(fd);
        try
        {
            opened.SetOption(SOL_NETLINK, SocketOptions.ExtAck, 1, "ask for extended acknowledgements");
            opened.SetOption(SOL_NETLINK, SocketOptions.CapAck, 1, "ask for capped acknowledgements");
            var address = SockaddrNl.Kernel;
            if (bind(fd, (sockaddr*)&address, SockaddrNl.Size) < 0)
                throw Failed("bind a netlink socket");
            return opened;
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    /// <summary>The number by which the kernel knows the socket, unique among the living of its protocol and namespace.</summary>
    public unsafe uint PortId
    {
        get
        {
            var address = default(SockaddrNl);
            socklen_t size = SockaddrNl.Size;
            return getsockname(Fd, (sockaddr*)&address, &size) == 0 ? address.PortId : throw Failed("ask for the port of a netlink socket");
        }
    }

    /// <summary>The sequence number for the next message; never 0, which the kernel uses for its own.</summary>
    public uint NextSequence() => ReserveSequences(1);

    /// <summary>The first of <paramref name="count"/> numbers in a row. A number is used again only after 2³² others.</summary>
    public uint ReserveSequences(int count)
    {
        if (_sequence > uint.MaxValue - (uint)count)
            _sequence = 0;
        var first = _sequence + 1;
        _sequence += (uint)count;
        return first;
    }

    /// <summary>Makes room for answers, beyond the system's limit when privileged.</summary>
    public void SetReceiveBuffer(int bytes) => SetBuffer(SO_RCVBUFFORCE, SO_RCVBUF, bytes, "size the receive buffer");

    /// <summary>Requests to list are checked, and what they name beside the kind is heeded (NETLINK_GET_STRICT_CHK, since Linux 4.20).</summary>
    /// <exception cref="NetlinkException">The kernel is older.</exception>
    public void CheckStrictly() => SetOption(SOL_NETLINK, SocketOptions.StrictCheck, 1, "ask for strict checks");

    /// <summary>Hears of every change in a multicast group (for example NFNLGRP_NFTABLES, RTNLGRP_LINK).</summary>
    public void Join(int group) => SetOption(SOL_NETLINK, SocketOptions.AddMembership, group, $"join netlink group {group}");

    /// <summary>Stops the report of messages lost to a full receive buffer as <see cref="NetlinkErrno.NoBuffers"/>.</summary>
    public void IgnoreOverruns() => SetOption(SOL_NETLINK, SocketOptions.NoOverruns, 1, "ignore overruns");

    /// <summary>Filters out notifications about other sockets' requests, so that they cannot fill the receive buffer.</summary>
    /// <param name="portIds">The other sockets, a few: see <see cref="PortId"/>.</param>
    public unsafe void Ignore(params ReadOnlySpan<uint> portIds)
    {
        const int PortOffset = 12;
        var steps = stackalloc SocketFilter[(2 * portIds.Length) + 2];
        var count = 0;
        steps[count++] = SocketFilter.LoadWord(PortOffset);
        foreach (var port in portIds)
        {
            // The filter reads big-endian, and the header is in host byte order.
            steps[count++] = SocketFilter.SkipUnlessEqual(BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(port) : port, steps: 1);
            steps[count++] = SocketFilter.Return(0);
        }
        steps[count++] = SocketFilter.Return(uint.MaxValue);
        var program = new SocketFilterProgram((ushort)count, steps);
        if (setsockopt(Fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, (socklen_t)sizeof(SocketFilterProgram)) != 0)
            throw Failed("attach a socket filter");
    }

    /// <summary>
    /// Sends all bytes as one datagram; the send buffer grows as needed. For a request, the kernel has done the work
    /// when this returns, and its answers wait to be received.
    /// </summary>
    /// <exception cref="NetlinkException">The kernel refused the datagram as a whole.</exception>
    public unsafe void Send(ReadOnlySpan<byte> datagram, string asked)
    {
        // The kernel wants 32 bytes more than the datagram, and starts at some 200 KiB.
        if (datagram.Length > _sendBuffer && datagram.Length > 64 * 1024)
        {
            SetBuffer(SO_SNDBUFFORCE, SO_SNDBUF, datagram.Length + 4096, "size the send buffer");
            _sendBuffer = datagram.Length;
        }
        var address = SockaddrNl.Kernel;
        fixed (byte* bytes = datagram)
        {
            while ((long)sendto(Fd, bytes, (size_t)(ulong)datagram.Length, 0, (sockaddr*)&address, SockaddrNl.Size) < 0)
            {
                var error = errno;
                if (error == EINTR)
                    continue;
                if (error != EAGAIN || !Wait(POLLOUT, AnswerTime))
                    throw new NetlinkException(asked, error, ExtendedAck.None);
            }
        }
    }

    /// <summary>
    /// Receives one datagram, valid until the next receive; false when none came within <paramref name="timeout"/>
    /// (zero: only what waits already; <see cref="Timeout.InfiniteTimeSpan"/>: as long as it takes).
    /// </summary>
    /// <exception cref="NetlinkException"><see cref="NetlinkErrno.NoBuffers"/>: messages were lost; the socket goes on to work.</exception>
    /// <exception cref="NetlinkFormatException">The datagram is larger than anything that was asked for.</exception>
    public bool TryReceive(TimeSpan timeout, out ReadOnlySpan<byte> datagram)
    {
        while (true)
        {
            if (TryReceiveWaiting(out datagram))
                return true;
            if (timeout == TimeSpan.Zero || !Wait(POLLIN, timeout))
                return false;
        }
    }

    /// <summary>Sends one message and waits for its acknowledgment; earlier messages go to <paramref name="answer"/>.</summary>
    /// <param name="request">One message, with <see cref="MessageFlags.Ack"/> in its flags.</param>
    /// <param name="asked">What is asked, for the exception.</param>
    /// <param name="answer">Takes the answers, if any are expected.</param>
    /// <exception cref="NetlinkException">The kernel refused, or did not answer.</exception>
    public void Request(MessageWriter request, string asked, MessageHandler? answer = null) => Exchange(request, asked, answer);

    /// <summary>Sends one message with <see cref="MessageFlags.Dump"/> and hands every answer to <paramref name="answer"/>.</summary>
    /// <returns>False when the listed things changed meanwhile (NLM_F_DUMP_INTR): the list may lack some or hold some twice. Ask again.</returns>
    /// <exception cref="NetlinkException">The kernel refused, or did not answer.</exception>
    public bool Dump(MessageWriter request, string asked, MessageHandler answer) => Exchange(request, asked, answer);

    public void Dispose()
    {
        if (_fd < 0)
            return;
        _ = close(_fd);
        _fd = -1;
        // What was received may hold secrets: WireGuard's answers hold private keys.
        Array.Clear(_received);
    }

    internal static NetlinkException Failed(string asked) => new(asked, errno, ExtendedAck.None);

    private int Fd => _fd >= 0 ? _fd : throw new ObjectDisposedException(nameof(NetlinkSocket));

    private bool Exchange(MessageWriter request, string asked, MessageHandler? answer)
    {
        var sequence = MessageHeader.Read(request.Written).Sequence;
        var consistent = true;
        Send(request.Written, asked);
        while (TryReceive(AnswerTime, out var datagram))
        {
            var messages = new MessageReader(datagram);
            while (messages.Next())
            {
                if (messages.Header.Sequence != sequence)
                    continue;
                consistent &= !messages.Header.Flags.HasFlag(MessageFlags.DumpInterrupted);
                if (IsEnd(messages.Header, messages.Payload, asked))
                    return consistent;
                if (messages.Header.Type >= MessageTypes.FirstOfFamily)
                    answer?.Invoke(messages.Header, messages.Payload);
            }
        }
        throw new NetlinkException(asked, NetlinkErrno.TimedOut, new($"no answer within {AnswerTime.TotalSeconds:0} s", null, null));
    }

    private static bool IsEnd(in MessageHeader header, ReadOnlySpan<byte> payload, string asked)
    {
        switch (header.Type)
        {
            case MessageTypes.Error:
                var error = ErrorMessage.Read(header, payload);
                return error.Errno == 0 ? true : throw new NetlinkException(asked, error.Errno, error.Ack);
            case MessageTypes.Done:
                var errno = payload.Length >= 4 ? ErrorMessage.ReadErrno(payload) : 0;
                return errno == 0 ? true : throw new NetlinkException(asked, errno, DoneAck(header, payload));
            case MessageTypes.Overrun:
                throw new NetlinkException(asked, NetlinkErrno.NoBuffers, ExtendedAck.None);
            default:
                return false;
        }
    }

    private static ExtendedAck DoneAck(in MessageHeader header, ReadOnlySpan<byte> payload) =>
        header.Flags.HasFlag(MessageFlags.AckAttributes)
            ? ExtendedAck.Read(new AttributeReader(payload[4..]))
            : ExtendedAck.None;

    private unsafe bool TryReceiveWaiting(out ReadOnlySpan<byte> datagram)
    {
        while (true)
        {
            var address = default(SockaddrNl);
            socklen_t size = SockaddrNl.Size;
            long length;
            fixed (byte* bytes = _received)
                length = recvfrom(Fd, bytes, ReceiveRoom, MSG_TRUNC, (sockaddr*)&address, &size);
            if (length > ReceiveRoom)
                throw new NetlinkFormatException($"a datagram of {length} bytes does not fit into {ReceiveRoom}");
            if (length >= 0)
            {
                // Any process may send here; only the kernel has port 0.
                if (address.PortId != 0)
                    continue;
                datagram = _received.AsSpan(0, (int)length);
                return true;
            }
            var error = errno;
            datagram = default;
            if (error == EAGAIN)
                return false;
            if (error != EINTR)
                throw new NetlinkException("receive from the kernel", error, ExtendedAck.None);
        }
    }

    private unsafe bool Wait(short events, TimeSpan timeout)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            var left = timeout == Timeout.InfiniteTimeSpan ? -1 : (int)Math.Max(0, Math.Ceiling((timeout - Stopwatch.GetElapsedTime(started)).TotalMilliseconds));
            var waiting = new pollfd { fd = Fd, events = events };
            var ready = poll(&waiting, 1, left);
            if (ready >= 0)
                return ready > 0;
            if (errno != EINTR)
                throw Failed("wait for the kernel");
        }
    }

    private void SetBuffer(int forced, int limited, int bytes, string asked)
    {
        if (!TrySetOption(SOL_SOCKET, forced, bytes))
            SetOption(SOL_SOCKET, limited, bytes, asked);
    }

    private void SetOption(int level, int option, int value, string asked)
    {
        if (!TrySetOption(level, option, value))
            throw Failed(asked);
    }

    private unsafe bool TrySetOption(int level, int option, int value) => setsockopt(Fd, level, option, &value, sizeof(int)) == 0;
}

/// <summary>The netlink families that are spoken here (linux/netlink.h, <c>NETLINK_*</c>).</summary>
public enum NetlinkProtocol
{
    /// <summary>Links, addresses, routes, neighbors: rtnetlink.</summary>
    Route = 0,

    /// <summary>nf_tables, conntrack, log: nfnetlink.</summary>
    Netfilter = 12,

    /// <summary>WireGuard, FOU, L2TP: generic netlink.</summary>
    Generic = 16,
}

/// <summary>Options of a netlink socket at level SOL_NETLINK (linux/netlink.h).</summary>
internal static class SocketOptions
{
    public const int AddMembership = 1;
    public const int NoOverruns = 5;
    public const int StrictCheck = 12;
    public const int CapAck = 10;
    public const int ExtAck = 11;
}
