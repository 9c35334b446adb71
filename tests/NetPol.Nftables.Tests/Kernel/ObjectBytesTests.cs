namespace NetPol.Nftables.Tests.Kernel;

/// <summary>The hexadecimal rows were captured from nft 1.0.6 for the same objects; NFTA_SET_ID is taken from them where names do the same.</summary>
[TestClass, TestCategory("Unit")]
public sealed class ObjectBytesTests
{
    private static readonly KeyType Ipv4 = new(KeyField.Ipv4Addr);

    public static IEnumerable<(string What, string Table, Operation Operation, string Hex)> Rows =>
    [
        ("table", "netpol", new Operation.AddTable(null), "010000000b0001006e6574706f6c00000800020000000000"),
        ("table with comment", "t2", new Operation.AddTable("tc"), "0100000007000100743200000800020000000000090006000003746300000000"),
        ("delete table", "netpol", new Operation.DeleteTable(), "010000000b0001006e6574706f6c0000"),
        ("chain", "netpol", new Operation.AddChain(new("ch1")), "010000000b0001006e6574706f6c00000800030063683100"),
        ("base chain", "netpol", new Operation.AddChain(new("forward", new(BaseHook.Forward, 0))),
            "010000000b0001006e6574706f6c00000c000300666f7277617264000b00070066696c746572000008000500000000011400048008000100000000020800020000000000"),
        ("base chain with comment", "t2", new Operation.AddChain(new("in6", new(BaseHook.Input, -5, Policy: VerdictCode.Drop), "bc")),
            "01000000070001007432000008000300696e36000b00070066696c7465720000080005000000000014000480080001000000000108000200fffffffb09000c000003626300000000"),
        ("delete chain", "netpol", new Operation.DeleteChain("ch2"), "010000000b0001006e6574706f6c00000800030063683200"),
        ("flush chain", "netpol", new Operation.FlushChain("ch2"), "010000000b0001006e6574706f6c00000800020063683200"),
        ("counter", "t2", new Operation.AddCounter(new("c9", "cc"), 3, 4),
            "010000000700010074320000070002006339000008000300000000010900080000036363000000001c0004800c00010000000000000000040c0002000000000000000003"),
        ("delete set", "netpol", new Operation.DeleteSet(new() { Name = "iv4", Key = Ipv4 }), "010000000b0001006e6574706f6c00000800020069763400"),
        ("set", "netpol", new Operation.AddSet(new() { Name = "subj4", Key = Ipv4 }),
            "010000000b0001006e6574706f6c00000a0002007375626a3400000008000300000000000800040000000007080005000000000408000a00000000010a000d000004020000000000"),
        ("set with size", "t2", new Operation.AddSet(new() { Name = "sz", Key = new(KeyField.InetService), Size = 65535 }),
            "01000000070001007432000007000200737a00000800030000000000080004000000000d080005000000000208000a00000000010c000980080001000000ffff0a000d000004020000000000"),
        ("map with comment", "netpol", new Operation.AddSet(Shapes.Map("m4", Ipv4) with { Comment = "hello" }),
            "010000000b0001006e6574706f6c0000070002006d34000008000300000000080800040000000007080005000000000408000600ffffff00080007000000000008000a0000000001"
            + "1e000d00000402000000010400000000060400000000070668656c6c6f000000"),
        ("map of intervals", "netpol", new Operation.AddSet(Shapes.Map("nets4", Ipv4) with { IsInterval = true }),
            "010000000b0001006e6574706f6c00000a0002006e65747334000000080003000000000c0800040000000007080005000000000408000600ffffff00080007000000000008000a0000000001"
            + "16000d000004020000000104000000000604000000000000"),
    ];

    [TestMethod]
    [DynamicData(nameof(Rows))]
    public void A_batch_writes_what_nft_writes(string what, string table, Operation operation, string hex) =>
        Assert.AreEqual(hex, Captured.PayloadOf(b => b.Add(operation), table), what);

    [TestMethod]
    public void A_map_of_concatenated_ranges_has_the_lengths_of_its_fields()
    {
        var set = Shapes.Map("p1", Shapes.Ports) with { IsInterval = true };
        // nft also notes the type of the expression that the key came from; the notes here end where those begin.
        Assert.StartsWith(
            "010000000b0001006e6574706f6c00000700020070310000080003000000008c080004000000030d080005000000000808000600ffffff00080007000000000008000a0000000001"
            + "200009801c0002800c00018008000100000000010c0001800800010000000002",
            Captured.PayloadOf(b => b.Add(new Operation.AddSet(set))),
            StringComparison.Ordinal);
    }
}
