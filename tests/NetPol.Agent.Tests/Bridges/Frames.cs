using System.Buffers.Binary;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Text;

namespace NetPol.Agent.Tests.Bridges;

/// <summary>Ethernet frames, made byte by byte.</summary>
internal static class Frames
{
    public const ushort Ipv4 = 0x0800;
    public const ushort Ipv6 = 0x86dd;
    public const ushort Arp = 0x0806;
    private const ushort VlanTag = 0x8100;

    public static PhysicalAddress Broadcast { get; } = new([0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);

    public static byte[] Ethernet(PhysicalAddress from, PhysicalAddress to, ushort type, byte[] payload) =>
        [.. to.GetAddressBytes(), .. from.GetAddressBytes(), .. Number(type), .. payload];

    /// <summary>The frame with a tag of VLAN 0, which the receiver's kernel takes off.</summary>
    public static byte[] Tagged(byte[] frame) => [.. frame[..12], .. Number(VlanTag), 0, 0, .. frame[12..]];

    public static byte[] Udp(IPAddress from, IPAddress to, ushort sourcePort, ushort port, string text)
    {
        byte[] content = [.. Number(sourcePort), .. Number(port), .. Number((ushort)(8 + text.Length)), 0, 0, .. Encoding.ASCII.GetBytes(text)];
        return Ip(from, to, 17, WithChecksum(from, to, 17, content, 6), hopLimit: 64);
    }

    /// <summary>A TCP segment with SYN, and text behind its header that identifies it.</summary>
    public static byte[] Syn(IPAddress from, IPAddress to, ushort sourcePort, ushort port, string text)
    {
        byte[] content = [.. Number(sourcePort), .. Number(port), 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 0x02, 0xff, 0xff, 0, 0, 0, 0, .. Encoding.ASCII.GetBytes(text)];
        return Ip(from, to, 6, WithChecksum(from, to, 6, content, 16), hopLimit: 64);
    }

    public static byte[] IcmpV6(IPAddress from, IPAddress to, byte type, byte[] body, byte hopLimit = 255) =>
        Ip(from, to, 58, WithChecksum(from, to, 58, [type, 0, 0, 0, .. body], 2), hopLimit);

    /// <summary>The same, behind an extension header that hides it from those who only read the first header.</summary>
    public static byte[] HiddenIcmpV6(IPAddress from, IPAddress to, byte type, byte[] body)
    {
        const byte DestinationOptions = 60;
        byte[] content = [58, 0, 1, 4, 0, 0, 0, 0, .. WithChecksum(from, to, 58, [type, 0, 0, 0, .. body], 2)];
        return Ip(from, to, DestinationOptions, content, 255);
    }

    public static byte[] ArpMessage(ushort operation, PhysicalAddress sender, IPAddress senderIp, IPAddress targetIp, string text) =>
        [0, 1, 8, 0, 6, 4, .. Number(operation), .. sender.GetAddressBytes(), .. senderIp.GetAddressBytes(), 0, 0, 0, 0, 0, 0, .. targetIp.GetAddressBytes(), .. Encoding.ASCII.GetBytes(text)];

    private static byte[] Ip(IPAddress from, IPAddress to, byte protocol, byte[] content, byte hopLimit)
    {
        if (from.AddressFamily == AddressFamily.InterNetworkV6)
            return [0x60, 0, 0, 0, .. Number((ushort)content.Length), protocol, hopLimit, .. from.GetAddressBytes(), .. to.GetAddressBytes(), .. content];
        byte[] header = [0x45, 0, .. Number((ushort)(20 + content.Length)), 0, 1, 0, 0, hopLimit, protocol, 0, 0, .. from.GetAddressBytes(), .. to.GetAddressBytes()];
        Number(Checksum(header)).CopyTo(header, 10);
        return [.. header, .. content];
    }

    private static byte[] WithChecksum(IPAddress from, IPAddress to, byte protocol, byte[] content, int at)
    {
        Number(Checksum([.. from.GetAddressBytes(), .. to.GetAddressBytes(), 0, protocol, .. Number((ushort)content.Length), .. content])).CopyTo(content, at);
        return content;
    }

    /// <summary>RFC 1071.</summary>
    private static ushort Checksum(byte[] bytes)
    {
        uint sum = 0;
        for (var i = 0; i < bytes.Length; i += 2)
            sum += (uint)((bytes[i] << 8) | (i + 1 < bytes.Length ? bytes[i + 1] : 0));
        while (sum > 0xffff)
            sum = (sum & 0xffff) + (sum >> 16);
        return (ushort)~sum;
    }

    private static byte[] Number(ushort value)
    {
        var bytes = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, value);
        return bytes;
    }
}

/// <summary>A socket that sends and receives whole frames on one link, in the network namespace of the thread that opens it.</summary>
internal sealed class FrameSocket : IDisposable
{
    // ETH_P_ALL in network order, linux/if_ether.h.
    private const ushort EveryProtocol = 0x0300;
    private readonly Socket _socket = new(AddressFamily.Packet, SocketType.Raw, (ProtocolType)EveryProtocol);

    private FrameSocket(int link) => _socket.Bind(new LinkEndPoint(link));

    public static FrameSocket Open(int link) => new(link);

    public void Send(byte[] frame) => _socket.Send(frame);

    /// <summary>Receives until a frame holds the text; what came before it.</summary>
    public List<string> ReceiveUntil(string last, TimeSpan timeout)
    {
        _socket.ReceiveTimeout = (int)timeout.TotalMilliseconds;
        List<string> received = [];
        var buffer = new byte[4096];
        while (true)
        {
            var text = Encoding.Latin1.GetString(buffer, 0, _socket.Receive(buffer));
            if (text.Contains(last, StringComparison.Ordinal))
                return received;
            received.Add(text);
        }
    }

    public void Dispose() => _socket.Dispose();

    /// <summary><c>struct sockaddr_ll</c> of linux/if_packet.h.</summary>
    private sealed class LinkEndPoint(int link) : EndPoint
    {
        private const int Size = 20;

        public override AddressFamily AddressFamily => AddressFamily.Packet;

        public override SocketAddress Serialize()
        {
            var address = new SocketAddress(AddressFamily.Packet, Size);
            BinaryPrimitives.WriteUInt16LittleEndian(address.Buffer.Span[2..], EveryProtocol);
            BinaryPrimitives.WriteInt32LittleEndian(address.Buffer.Span[4..], link);
            return address;
        }
    }
}
