using NetPol.Netlink.Generic;

namespace NetPol.Netlink.Tests.Generic;

/// <summary>The messages are built from the layouts of the kernel's headers, since the kernel that runs the tests may lack the families.</summary>
[TestClass, TestCategory("Kernel")]
public sealed class GenericSocketTests
{
    [TestMethod]
    public void The_kernel_lists_its_families()
    {
        using var test = new TestNamespace();
        using var socket = test.Namespace.Run(GenericSocket.Open);
        var families = socket.ListFamilies();
        Assert.AreEqual((ushort)16, families["nlctrl"]);
        Assert.IsFalse(families.ContainsKey("no such family"));
    }

    [TestMethod]
    public void A_family_that_the_kernel_has_not_is_refused()
    {
        using var test = new TestNamespace();
        using var socket = test.Namespace.Run(GenericSocket.Open);
        var error = Assert.ThrowsExactly<NetlinkException>(() => socket.FindWireGuard(family: 1023, link: 1)?.ToString());
        Assert.AreEqual("ENOENT", error.ErrnoName);
    }

    [TestMethod]
    public void A_family_has_name_and_id()
    {
        // CTRL_ATTR_FAMILY_ID = 1 (u16), CTRL_ATTR_FAMILY_NAME = 2 of linux/genetlink.h
        var message = Message(1);
        message.WriteString(2, "wireguard");
        message.WriteUInt16(1, 31);
        Assert.AreEqual(("wireguard", (ushort)31), GenericControl.Read(message.Written));
        Assert.IsNull(GenericControl.Read(Message(1).Written));
    }

    [TestMethod]
    public void A_WireGuard_device_has_a_port()
    {
        // WGDEVICE_A_IFINDEX = 1 (u32), _IFNAME = 2, _PRIVATE_KEY = 3 (32 bytes), _LISTEN_PORT = 6 (u16, host order) of linux/wireguard.h
        var message = Message(0);
        message.WriteUInt32(1, 5);
        message.WriteString(2, "wg0");
        message.Write(3, new byte[32]);
        message.WriteUInt16(6, 51820);
        Assert.AreEqual(new WireGuardDevice(5, 51820), WireGuardDevice.Read(message.Written));
    }

    [TestMethod]
    public void The_later_parts_of_a_WireGuard_answer_hold_peers_alone()
    {
        var message = Message(0);
        message.WriteString(2, "wg0");
        Assert.IsNull(WireGuardDevice.Read(message.Written));
    }

    [TestMethod]
    public void A_FOU_socket_has_a_port()
    {
        // FOU_ATTR_PORT = 1 (be16), FOU_ATTR_AF = 2, FOU_ATTR_IPPROTO = 3 of linux/fou.h
        var message = Message(1);
        message.WriteUInt16BigEndian(1, 5555);
        message.WriteByte(2, 2);
        message.WriteByte(3, 4);
        Assert.AreEqual(new FouSocket(5555), FouSocket.Read(message.Written));
    }

    [TestMethod]
    public void An_L2TP_tunnel_is_inside_of_UDP_or_IP()
    {
        // L2TP_ATTR_UDP_SPORT = 26 (u16, host order) of linux/l2tp.h
        var message = Message(4);
        message.WriteUInt16(26, 1701);
        Assert.AreEqual(new L2tpTunnel(1701), L2tpTunnel.Read(message.Written));
        Assert.AreEqual(new L2tpTunnel(0), L2tpTunnel.Read(Message(4).Written));
    }

    /// <summary>struct genlmsghdr of linux/genetlink.h.</summary>
    private static MessageWriter Message(byte command)
    {
        var message = new MessageWriter();
        message.WriteRaw([command, 1, 0, 0]);
        return message;
    }
}
