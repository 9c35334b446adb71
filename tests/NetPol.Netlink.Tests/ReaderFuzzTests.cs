using NetPol.Netlink.Conntrack;
using NetPol.Netlink.Generic;
using NetPol.Netlink.PacketLogs;
using NetPol.Netlink.Routing;
using NetPol.Testing.Generation;

namespace NetPol.Netlink.Tests;

/// <summary>For any bytes, a reader returns a value or throws <see cref="NetlinkFormatException"/>.</summary>
[TestClass, TestCategory("Unit")]
public sealed class ReaderFuzzTests
{
    private static readonly (string Name, PayloadReader Read)[] Readers =
    [
        ("link", payload => Link.Read(payload)),
        ("route", payload => Route.Read(payload)),
        ("address", payload => LinkAddress.Read(payload)),
        ("generic family", payload => GenericControl.Read(payload)),
        ("WireGuard device", payload => WireGuardDevice.Read(payload)),
        ("FOU socket", payload => FouSocket.Read(payload)),
        ("L2TP tunnel", payload => L2tpTunnel.Read(payload)),
        ("connection", payload => ConntrackEntry.Read(payload)),
        ("logged packet", payload => _ = (LoggedPacket.Read(payload).Prefix, PacketHeaders.Read(LoggedPacket.Read(payload).Payload))),
        ("head of a packet", payload => PacketHeaders.Read(payload)),
        ("error", payload => ErrorMessage.Read(new(0, MessageTypes.Error, MessageFlags.AckAttributes, 0, 0), payload)),
        ("capped error", payload => ErrorMessage.Read(new(0, MessageTypes.Error, MessageFlags.AckAttributes | MessageFlags.Capped, 0, 0), payload)),
        ("datagram", Walk),
    ];

    /// <summary>Real messages: every kind that the tests know.</summary>
    private static readonly byte[][] Seeds =
        [TunnelLink(), RouteOfTwoHops(),
         .. PacketLogs.PacketHeadTests.Rows.Select(row => Convert.FromHexString(row.Hex)),
         .. PacketLogs.PacketHeadTests.Rows.Select(row => Logged(Convert.FromHexString(row.Hex)))];

    private static readonly ReaderFuzzer<NetlinkFormatException> Fuzzer = new(Readers, Seeds);

    [TestMethod]
    public void Random_bytes_end_in_a_value_or_a_format_error() => Fuzzer.CheckRandomBytes();

    [TestMethod]
    public void Truncated_and_changed_messages_end_in_a_value_or_a_format_error() => Fuzzer.CheckMutatedMessages();

    [TestMethod]
    public void The_changed_messages_are_read_and_refused() => Fuzzer.CheckBothOutcomes("route");

    /// <summary>A link of kind vxlan with a port.</summary>
    private static byte[] TunnelLink()
    {
        var message = new MessageWriter();
        message.WriteRaw(new byte[16]);
        var info = message.BeginNested(18);
        message.WriteString(1, "vxlan");
        var data = message.BeginNested(2);
        message.WriteUInt16BigEndian(15, 8472);
        message.EndNested(data);
        message.EndNested(info);
        return message.Written.ToArray();
    }

    /// <summary>A route with RTA_MULTIPATH.</summary>
    private static byte[] RouteOfTwoHops()
    {
        var message = new MessageWriter();
        message.WriteRaw([2, 16, 0, 0, 254, 4, 0, 1, 0, 0, 0, 0]);
        message.Write(1, [10, 10, 0, 0]);
        message.Write(9, [16, 0, 0, 0, 2, 0, 0, 0, 8, 0, 5, 0, 10, 9, 0, 2, 16, 0, 0, 0, 3, 0, 0, 0, 8, 0, 5, 0, 10, 8, 0, 2]);
        return message.Written.ToArray();
    }

    /// <summary>The message in which the kernel hands a packet over.</summary>
    private static byte[] Logged(byte[] packet)
    {
        var message = new MessageWriter();
        message.WriteRaw([2, 0, 0, 7]);
        message.WriteString(10, "v_0123456789abcdef");
        message.Write(9, packet);
        message.WriteUInt32BigEndian(12, 5);
        return message.Written.ToArray();
    }

    private static void Walk(ReadOnlySpan<byte> datagram)
    {
        var messages = new MessageReader(datagram);
        while (messages.Next())
        {
            var attributes = new AttributeReader(messages.Payload);
            while (attributes.Next())
                _ = attributes.ReadString();
        }
    }
}
