namespace NetPol.Netlink.Tests;

[TestClass, TestCategory("Unit")]
public sealed class MessageTests
{
    [TestMethod]
    public void A_message_is_padded_and_has_its_length_and_nested_attributes()
    {
        var writer = new MessageWriter(1);
        var message = writer.BeginMessage(0x0a0b, MessageFlags.Request | MessageFlags.Ack, 7);
        var nest = writer.BeginNested(3);
        writer.WriteByte(1, 0xff);
        writer.WriteUInt16BigEndian(2, 0x1234);
        writer.WriteUInt16(2, 0x1234);
        writer.WriteUInt32BigEndian(3, 0x12345678);
        writer.WriteUInt32(3, 0x12345678);
        writer.WriteUInt64BigEndian(4, 0x123456789abcdef0);
        writer.WriteString(5, "ä");
        writer.WriteFlag(6);
        writer.EndNested(nest);
        writer.EndMessage(message);
        Assert.AreEqual(
            "54000000" + "0b0a" + "0500" + "07000000" + "00000000" + "44000380"
            + "05000100ff000000" + "0600020012340000" + "0600020034120000" + "0800030012345678" + "0800030078563412" + "0c000400123456789abcdef0"
            + "07000500c3a40000" + "04000600",
            Convert.ToHexStringLower(writer.Written));
    }

    [TestMethod]
    public void An_attribute_of_more_than_64_KiB_is_refused()
    {
        var writer = new MessageWriter();
        writer.Write(1, new byte[MessageWriter.MaxAttribute - 4]);
        Assert.ThrowsExactly<InvalidOperationException>(() => writer.Write(1, new byte[MessageWriter.MaxAttribute - 3]));
        var nest = writer.BeginNested(1);
        writer.Write(1, new byte[40_000]);
        writer.Write(1, new byte[40_000]);
        Assert.ThrowsExactly<InvalidOperationException>(() => writer.EndNested(nest));
    }

    [TestMethod]
    [DataRow("01", "header needs 4 bytes, 1 are left")]
    [DataRow("03000100", "says it has 3 bytes, 4 are left")]
    [DataRow("09000100aabbccdd", "says it has 9 bytes, 8 are left")]
    public void Attributes_whose_lengths_do_not_fit_are_refused(string hex, string why)
    {
        var e = Assert.ThrowsExactly<NetlinkFormatException>(() => new AttributeReader(Convert.FromHexString(hex)).Next());
        Assert.Contains(why, e.Message, StringComparison.Ordinal);
    }

    [TestMethod]
    [DataRow("1000000003000000000000", "needs 16 bytes, 11 are left")]
    [DataRow("0f000000030000000000000000000000", "says it has 15 bytes, 16 are left")]
    [DataRow("11000000030000000000000000000000", "says it has 17 bytes, 16 are left")]
    [DataRow("ffffffff030000000000000000000000", "says it has 4294967295 bytes, 16 are left")]
    public void Messages_whose_lengths_do_not_fit_are_refused(string hex, string why)
    {
        var e = Assert.ThrowsExactly<NetlinkFormatException>(() => new MessageReader(Convert.FromHexString(hex)).Next());
        Assert.Contains(why, e.Message, StringComparison.Ordinal);
    }

    [TestMethod]
    public void The_last_attribute_may_lack_its_padding()
    {
        var reader = new AttributeReader(Convert.FromHexString("0500018001"));
        Assert.IsTrue(reader.Next());
        Assert.AreEqual((1, (byte)1, true), (reader.Type, reader.ReadByte(), reader.IsNested));
        Assert.IsFalse(reader.Next());
    }

    [TestMethod]
    public void An_error_has_the_text_of_the_kernel_and_the_offset()
    {
        // -ENOENT, a quoted header, NLMSGERR_ATTR_MSG "no", NLMSGERR_ATTR_OFFS 28.
        var payload = Convert.FromHexString("feffffff" + "14000000" + "0000" + "0000" + "09000000" + "00000000" + "070001006e6f0000" + "080002001c000000");
        var header = new MessageHeader(52, MessageTypes.Error, MessageFlags.Capped | MessageFlags.AckAttributes, 9, 0);
        var error = ErrorMessage.Read(header, payload);
        Assert.AreEqual(new ErrorMessage(NetlinkErrno.NoEntry, 9, new("no", 28, null)), error);
        Assert.AreEqual("ask: ENOENT: no (at byte 28 of the message)", new NetlinkException("ask", error.Errno, error.Ack).Message);
    }
}
