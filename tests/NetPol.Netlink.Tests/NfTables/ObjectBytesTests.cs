using NetPol.Netlink.NfTables;

namespace NetPol.Netlink.Tests.NfTables;

/// <summary>The hexadecimal rows were captured from nft 1.0.6 for the same objects; NFTA_SET_ID is taken from them where names do the same.</summary>
[TestClass, TestCategory("Unit")]
public sealed class ObjectBytesTests
{
    private const NfFamily Inet = NfFamily.Inet;

    public static IEnumerable<(string What, Action<NfTablesBatch> Write, string Hex)> Rows =>
    [
        ("table", b => b.AddTable(new(Inet, "netpol")), "010000000b0001006e6574706f6c00000800020000000000"),
        ("table with comment", b => b.AddTable(new(Inet, "t2") { Comment = "tc" }), "0100000007000100743200000800020000000000090006000003746300000000"),
        ("delete table", b => b.DeleteTable(Inet, "netpol"), "010000000b0001006e6574706f6c0000"),
        ("chain", b => b.AddChain(new(Inet, "netpol", "ch1")), "010000000b0001006e6574706f6c00000800030063683100"),
        ("base chain", b => b.AddChain(new(Inet, "netpol", "forward", new("filter", NfHook.Forward, 0, NfVerdictCode.Accept))),
            "010000000b0001006e6574706f6c00000c000300666f7277617264000b00070066696c746572000008000500000000011400048008000100000000020800020000000000"),
        ("base chain with comment", b => b.AddChain(new(Inet, "t2", "in6", new("filter", NfHook.Input, -5, NfVerdictCode.Drop)) { Comment = "bc" }),
            "01000000070001007432000008000300696e36000b00070066696c7465720000080005000000000014000480080001000000000108000200fffffffb09000c000003626300000000"),
        ("delete chain", b => b.DeleteChain(Inet, "netpol", "ch2"), "010000000b0001006e6574706f6c00000800030063683200"),
        ("flush chain", b => b.FlushChain(Inet, "netpol", "ch2"), "010000000b0001006e6574706f6c00000800020063683200"),
        ("delete rule", b => b.DeleteRule(Inet, "netpol", "ch1", 14), "010000000b0001006e6574706f6c000008000200636831000c000300000000000000000e"),
        ("counter", b => b.AddCounter(new(Inet, "t2", "c9", 3, 4) { Comment = "cc" }),
            "010000000700010074320000070002006339000008000300000000010900080000036363000000001c0004800c00010000000000000000040c0002000000000000000003"),
        ("delete set", b => b.DeleteSet(Inet, "netpol", "iv4"), "010000000b0001006e6574706f6c00000800020069763400"),
        ("set", b => b.AddSet(new(Inet, "netpol", "subj4", NfSetFlags.None, NfDataTypes.Ipv4Address, 4) { KeyByteOrder = NfByteOrder.BigEndian }),
            "010000000b0001006e6574706f6c00000a0002007375626a3400000008000300000000000800040000000007080005000000000408000a00000000010a000d000004020000000000"),
        ("set with size", b => b.AddSet(new(Inet, "t2", "sz", NfSetFlags.None, NfDataTypes.InetService, 2) { KeyByteOrder = NfByteOrder.BigEndian, Size = 65535 }),
            "01000000070001007432000007000200737a00000800030000000000080004000000000d080005000000000208000a00000000010c000980080001000000ffff0a000d000004020000000000"),
        ("map with comment", b => b.AddSet(Map("m4", NfSetFlags.Map) with { Comment = "hello" }),
            "010000000b0001006e6574706f6c0000070002006d34000008000300000000080800040000000007080005000000000408000600ffffff00080007000000000008000a0000000001"
            + "1e000d00000402000000010400000000060400000000070668656c6c6f000000"),
        ("map of intervals", b => b.AddSet(Map("nets4", NfSetFlags.Map | NfSetFlags.Interval)),
            "010000000b0001006e6574706f6c00000a0002006e65747334000000080003000000000c0800040000000007080005000000000408000600ffffff00080007000000000008000a0000000001"
            + "16000d000004020000000104000000000604000000000000"),
    ];

    [TestMethod]
    [DynamicData(nameof(Rows))]
    public void A_batch_writes_what_nft_writes(string what, Action<NfTablesBatch> write, string hex) =>
        Assert.AreEqual(hex, Captured.PayloadOf(write), what);

    [TestMethod]
    public void A_map_of_concatenated_ranges_tells_the_lengths_of_its_fields()
    {
        var set = new NfSet(Inet, "netpol", "p1", NfSetFlags.Map | NfSetFlags.Interval | NfSetFlags.Concat, NfDataTypes.Concat(NfDataTypes.InetProto, NfDataTypes.InetService), 8)
        {
            DataType = NfDataTypes.Verdict,
            FieldLengths = new([1, 2]),
        };
        // nft also notes the type of the expression that the key came from; the notes here end where those begin.
        Assert.StartsWith(
            "010000000b0001006e6574706f6c00000700020070310000080003000000008c080004000000030d080005000000000808000600ffffff00080007000000000008000a0000000001"
            + "200009801c0002800c00018008000100000000010c0001800800010000000002",
            Captured.PayloadOf(b => b.AddSet(set)),
            StringComparison.Ordinal);
    }

    private static NfSet Map(string name, NfSetFlags flags) => new(Inet, "netpol", name, flags, NfDataTypes.Ipv4Address, 4)
    {
        DataType = NfDataTypes.Verdict,
        KeyByteOrder = NfByteOrder.BigEndian,
    };
}
