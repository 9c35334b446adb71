using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace NetPol.Benchmarks.DataPlane;

/// <summary>
/// Sends minimal UDP packets over IPv4 through a raw socket, so that one socket makes a new flow with every packet by counting the source
/// port. Must be made on a thread in the sender's network namespace; afterwards any thread may send.
/// </summary>
internal sealed class PacketSource : IDisposable
{
    private const int IpHeaderLength = 20;
    private const int UdpHeaderLength = 8;

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Raw, ProtocolType.Raw);
    private readonly byte[] _packet = new byte[IpHeaderLength + UdpHeaderLength + 1];
    private readonly SocketAddress _to;

    public PacketSource(IPAddress from, IPAddress to, ushort destinationPort)
    {
        _socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.HeaderIncluded, true);
        _to = new IPEndPoint(to, 0).Serialize();
        _packet[0] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(_packet.AsSpan(2), (ushort)_packet.Length);
        _packet[8] = 64;
        _packet[9] = (byte)ProtocolType.Udp;
        from.GetAddressBytes().CopyTo(_packet, 12);
        to.GetAddressBytes().CopyTo(_packet, 16);
        BinaryPrimitives.WriteUInt16BigEndian(_packet.AsSpan(IpHeaderLength + 2), destinationPort);
        BinaryPrimitives.WriteUInt16BigEndian(_packet.AsSpan(IpHeaderLength + 4), (ushort)(_packet.Length - IpHeaderLength));
    }

    /// <summary>One packet for each source port from <paramref name="firstSourcePort"/> on, <paramref name="count"/> of them.</summary>
    public void SendFlows(ushort firstSourcePort, int count)
    {
        for (var i = 0; i < count; i++)
            Send((ushort)(firstSourcePort + i));
    }

    /// <summary><paramref name="count"/> packets of one flow.</summary>
    public void SendOneFlow(ushort sourcePort, int count)
    {
        for (var i = 0; i < count; i++)
            Send(sourcePort);
    }

    public void Dispose() => _socket.Dispose();

    private void Send(ushort sourcePort)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_packet.AsSpan(IpHeaderLength), sourcePort);
        _socket.SendTo(_packet, SocketFlags.None, _to);
    }
}
