using System.Text;

namespace NetPol.Attacks.Tests;

/// <summary>A pod sends packets of unusual shapes to a pod that it may not reach.</summary>
[TestClass]
public sealed class PacketEvasionTests
{
    private const string Evaluating = "-subjects jump";
    private const ushort Denied = 99;

    [TestMethod]
    [DataRow(8)]
    [DataRow(16)]
    public void Fragments_are_evaluated_as_one_packet(int length)
    {
        foreach (var v6 in (bool[])[false, true])
        {
            foreach (var reversed in (bool[])[false, true])
            {
                Attack.Fails(v6, [], Evaluating, counter: null, lab => lab.Arrives("b", Packet.Udp, () =>
                {
                    var whole = Packet.Ip(lab.A, lab.B, Packet.Udp, Packet.UdpDatagram(4000, Denied, "ATTACK and some more bytes"));
                    var payload = whole.Length - (v6 ? 40 : 20);
                    var fragments = Enumerable.Range(0, (payload + length - 1) / length).Select(i => Packet.Fragment(whole, i * length, length, 77));
                    lab.Send("a", [.. reversed ? fragments.Reverse() : fragments]);
                }));
            }
        }
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Overlapping_fragment_does_not_change_the_port(bool v6)
    {
        using var lab = new AttackLab(v6, []);
        // c may send to port 80 only; the second fragment rewrites the ports of the first.
        var (allowed, denied) = (Packet.Ip(lab.C, lab.B, Packet.Udp, Packet.UdpDatagram(4000, AttackLab.AllowedPort, "ATTACK over")), Packet.Ip(lab.C, lab.B, Packet.Udp, Packet.UdpDatagram(4000, Denied, "ATTACK over")));
        var arrives = lab.Arrives(
            "b", Packet.Udp, () => lab.Send("c", Packet.Fragment(allowed, 0, 8, 78), Packet.Fragment(denied, 0, 8, 78), Packet.Fragment(allowed, 8, 16, 78)),
            datagram => datagram[2] << 8 == 0 && datagram[3] == Denied);
        Assert.IsFalse(arrives);
    }

    [TestMethod]
    [DataRow(2)]
    [DataRow(4)]
    [DataRow(47)]
    [DataRow(50)]
    [DataRow(94)]
    [DataRow(112)]
    [DataRow(132)]
    [DataRow(136)]
    [DataRow(253)]
    public void Every_protocol_is_evaluated(int protocol) => Attack.Fails(
        v6: false, [], Evaluating, counter: null,
        lab => lab.Arrives("b", (byte)protocol, () => lab.Send("a", Packet.Ip(lab.A, lab.B, (byte)protocol, Encoding.ASCII.GetBytes("ATTACK behind sixteen more bytes")))));

    [TestMethod]
    [DataRow((int)Packet.Ack)]
    [DataRow((int)Packet.Fin)]
    [DataRow(0)]
    [DataRow(0x29)]
    [DataRow(Packet.Syn | Packet.Ack)]
    [DataRow((int)Packet.Rst)]
    [DataRow(Packet.Syn | Packet.Fin)]
    public void TCP_segments_with_any_flags_are_evaluated(int flags)
    {
        foreach (var v6 in (bool[])[false, true])
        {
            Attack.Fails(v6, [], Evaluating, counter: null, lab => lab.Arrives(
                "b", Packet.Tcp, () => lab.Send("a", Packet.Ip(lab.A, lab.B, Packet.Tcp, Packet.TcpSegment(4000, Denied, (byte)flags, "ATTACK")))));
        }
    }

    // A multi-homed association sends heartbeats to further addresses (RFC 9260, section 8.3), and conntrack opens an entry for one.
    [TestMethod]
    [DataRow(0)]
    [DataRow(1)]
    [DataRow(4)]
    [DataRow(5)]
    public void SCTP_chunks_of_any_type_are_evaluated(int type)
    {
        foreach (var v6 in (bool[])[false, true])
        {
            Attack.Fails(v6, [], Evaluating, counter: null, lab => lab.Arrives("b", Packet.Sctp, () =>
            {
                // RFC 9260: ports, verification tag, checksum; then type, flags and length of the chunk.
                byte[] heartbeat = [0, 99, 0, 99, 0, 0, 0, 1, 0, 0, 0, 0, (byte)type, 0, 0, 12, .. Encoding.ASCII.GetBytes("ATTACK..")];
                lab.Send("a", Packet.Ip(lab.A, lab.B, Packet.Sctp, heartbeat));
            }));
        }
    }

    [TestMethod]
    public void The_port_behind_IPv6_extension_headers_is_evaluated()
    {
        byte[] padding = [1, 4, 0, 0, 0, 0];
        (string Name, byte First, byte[] Headers)[] chains =
        [
            ("hop-by-hop", 0, [Packet.Udp, 0, .. padding]),
            ("destination options", 60, [Packet.Udp, 0, .. padding]),
            ("destination options eight times", 60, [.. Enumerable.Range(0, 8).SelectMany(i => (byte[])[i == 7 ? Packet.Udp : (byte)60, 0, .. padding])]),
            ("hop-by-hop and destination options", 0, [60, 0, .. padding, Packet.Udp, 0, .. padding]),
            ("an atomic fragment", 44, [Packet.Udp, 0, 0, 0, 0, 0, 0, 9]),
        ];
        foreach (var (name, first, headers) in chains)
        {
            Attack.Fails(v6: true, [], Evaluating, counter: null, lab =>
            {
                // The checksum is the datagram's own: it does not cover the headers before it.
                var datagram = Packet.Ip(lab.A, lab.B, Packet.Udp, Packet.UdpDatagram(4000, Denied, $"ATTACK {name}"))[40..];
                return lab.Arrives("b", Packet.Udp, () => lab.Send("a", Packet.Ip(lab.A, lab.B, first, [.. headers, .. datagram])));
            });
        }
    }

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void Port_0_is_evaluated(bool v6) => Attack.Fails(
        v6, [], Evaluating, counter: null, lab => lab.Arrives("b", Packet.Udp, () => lab.Send("a", Packet.Ip(lab.A, lab.B, Packet.Udp, Packet.UdpDatagram(4000, 0, "ATTACK")))));

    [TestMethod]
    [DataRow(false)]
    [DataRow(true)]
    public void An_ICMP_error_about_no_known_connection_is_evaluated(bool v6) => Attack.Fails(
        v6, [], Evaluating, counter: null,
        lab => lab.Arrives("b", v6 ? Packet.IcmpV6 : Packet.Icmp, () =>
        {
            var unknown = Packet.Ip(lab.B, lab.C, Packet.Udp, Packet.UdpDatagram(1, 2, "ATTACK"));
            byte[] body = [0, 0, 0, 0, .. unknown];
            lab.Send("a", Packet.Ip(lab.A, lab.B, v6 ? Packet.IcmpV6 : Packet.Icmp, Packet.IcmpMessage(v6, v6 ? (byte)1 : (byte)3, v6 ? (byte)4 : (byte)3, body)));
        }));
}
