using NetPol.Netlink;
using NetPol.Nftables.Kernel;

namespace NetPol.Nftables.Tests.Kernel;

/// <summary>
/// The hexadecimal rows were captured from nft 1.0.6 for the same elements, without NFTA_SET_ID, and with NFTA_LIST_ELEM for every element of a list
/// where nft counts.
/// </summary>
[TestClass, TestCategory("Unit")]
public sealed class ElementBytesTests
{
    public static IEnumerable<(string What, string Set, Action<ElementWriter> Write, string Hex)> Rows =>
    [
        ("set", "subj4", e => e.Add([10, 0, 0, 1]), "0a0002007375626a3400000014000380100001800c000180080001000a000001"),
        ("map of concatenations", "self4", e => e.Add([10, 0, 0, 1, 10, 0, 0, 2], PacketVerdict.Goto("ch2")),
            "0a00020073656c6634000000300003802c000180100001800c0001000a0000010a000002180002801400028008000100fffffffc0800020063683200"),
        ("map of concatenated ranges", "p1", e => e.Add([6, 0, 0, 0, 0x1f, 0x40, 0, 0], [6, 0, 0, 0, 0x1f, 0xa4, 0, 0], PacketVerdict.Goto("ch2")),
            "0700020070310000400003803c000180100001800c000100060000001f40000010000a800c000100060000001fa40000180002801400028008000100fffffffc0800020063683200"),
        ("map of intervals", "nets4", Intervals,
            "0a0002006e65747334000000940003801800018008000300000000010c0001800800010000000000280001800c000180080001000a010000180002801400028008000100fffffffc08000200"
            + "636832001800018008000300000000010c000180080001000a020000200001800c000180080001000a020000100002800c00028008000100000000001800018008000300000000010c000180"
            + "080001000a030000"),
        ("set of intervals up to the highest address", "iv4", HighestInterval,
            "080002006976340048000380100001800c00018008000100000000001800018008000300000000010c00018008000100010000001c0001800c00018008000100ff0000000a0006000104010000000000"),
    ];

    [TestMethod]
    [DynamicData(nameof(Rows))]
    public void A_batch_writes_what_nft_writes(string what, string set, Action<ElementWriter> write, string hex)
    {
        var payload = Captured.PayloadOf(batch =>
        {
            using var elements = batch.AddElements(set);
            write(elements);
        });
        Assert.AreEqual("010000000b0001006e6574706f6c0000" + hex, payload, what);
    }

    [TestMethod]
    public void Many_elements_are_split_over_messages_below_64_KiB_that_all_belong_to_one_operation()
    {
        var batch = new NftablesBatch(TableFamily.Inet, "netpol");
        using (var elements = batch.AddElements("subj4"))
        {
            for (var i = 0; i < 10_000; i++)
                elements.Add(BitConverter.GetBytes(i));
        }
        var messages = new MessageReader(batch.Finish(null, 1));
        var seen = new HashSet<int>();
        uint count = 0;
        while (messages.Next())
        {
            count++;
            Assert.IsLessThan(65_600u, messages.Header.Length);
            if (batch.OperationOf(messages.Header.Sequence, 1) is not { } operation)
                continue;
            Assert.AreEqual(0, operation);
            ReceivedElement.ReadAll(messages.Payload, (in element) => Assert.IsTrue(seen.Add(BitConverter.ToInt32(element.Key))));
        }
        Assert.HasCount(10_000, seen);
        Assert.AreEqual(2u + 3, count, "begin, 3 × at most 64 KiB of 16 bytes each, end");
    }

    [TestMethod]
    public void A_batch_whose_elements_were_not_ended_takes_nothing_else()
    {
        var batch = new NftablesBatch(TableFamily.Inet, "netpol");
        using var elements = batch.AddElements("subj4");
        var e = Assert.ThrowsExactly<InvalidOperationException>(() => batch.Add(new Operation.AddTable(null)));
        Assert.Contains("create 0 elements in set inet netpol subj4", e.Message, StringComparison.Ordinal);
    }

    private static void Intervals(ElementWriter elements)
    {
        elements.Add([0, 0, 0, 0], ElementFlags.IntervalEnd);
        elements.AddInterval([10, 1, 0, 0], [10, 1, 255, 255], PacketVerdict.Goto("ch2"));
        elements.AddInterval([10, 2, 0, 0], [10, 2, 255, 255], PacketVerdict.Drop);
    }

    private static void HighestInterval(ElementWriter elements)
    {
        elements.AddInterval([0, 0, 0, 0], [0, 255, 255, 255]);
        elements.AddInterval([255, 0, 0, 0], [255, 255, 255, 255]);
    }
}
