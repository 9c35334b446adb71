using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace NetPol.Attacks.Tests;

/// <summary>A link of the network namespace, for frames that are sent as they are (linux/if_packet.h, <c>struct sockaddr_ll</c>).</summary>
internal sealed class LinkEndPoint(int link) : EndPoint
{
    private const int Length = 20;
    private const int IndexOffset = 4;

    public override AddressFamily AddressFamily => AddressFamily.Packet;

    public override SocketAddress Serialize()
    {
        var address = new SocketAddress(AddressFamily.Packet, Length);
        if (BitConverter.IsLittleEndian)
            BinaryPrimitives.WriteInt32LittleEndian(address.Buffer.Span[IndexOffset..], link);
        else
            BinaryPrimitives.WriteInt32BigEndian(address.Buffer.Span[IndexOffset..], link);
        return address;
    }
}
