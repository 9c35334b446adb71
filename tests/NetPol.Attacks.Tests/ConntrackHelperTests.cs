using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using static NetPol.Testing.Clusters.Make;

namespace NetPol.Attacks.Tests;

/// <summary>A connection announces another one, which conntrack then calls related.</summary>
[TestClass]
public sealed class ConntrackHelperTests
{
    private const ushort Control = 21;
    private const ushort Data = 7001;

    private const string Helper = """
        table inet helpers {
          ct helper ftp { type "ftp" protocol tcp; }
          chain prerouting {
            type filter hook prerouting priority filter;
            tcp dport 21 ct helper set "ftp"
          }
        }
        """;

    [TestMethod]
    public void FTP_data_port_is_evaluated_like_any_other() => Attack.Fails(
        v6: false, [NetworkPolicy("shop/ftp", "pod=b", ingress: [Allow(PodsIn("shop", "pod=c"), $"{Control}/TCP")])], "-subjects jump", counter: null,
        lab =>
        {
            lab.Nft("n1", Helper);
            using var listener = lab.In("b", () => Listen(new(lab.B, Control)));
            using var client = lab.In("c", () => Connect(new(lab.B, Control)));
            using var server = listener.Accept();
            server.Send(Encoding.ASCII.GetBytes($"227 Entering Passive Mode ({lab.B.ToString().Replace('.', ',')},{Data / 256},{Data % 256})\r\n"));
            client.Receive(new byte[100]);
            return lab.Arrives(
                "b", Packet.Tcp, () => lab.Send("c", Packet.Ip(lab.C, lab.B, Packet.Tcp, Packet.TcpSegment(4000, Data, Packet.Syn))),
                segment => BinaryPrimitives.ReadUInt16BigEndian(segment.AsSpan(2)) == Data);
        });

    private static Socket Listen(IPEndPoint at)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(at);
        socket.Listen();
        return socket;
    }

    private static Socket Connect(IPEndPoint to)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 30_000 };
        socket.Connect(to);
        return socket;
    }
}
