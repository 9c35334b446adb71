using NetPol.Nftables.Fake;

namespace NetPol.Nftables.Tests;

[TestClass, TestCategory("Kernel")]
public sealed class KernelTests
{
    [TestMethod]
    public void Every_shape_reads_back_as_it_was_written()
    {
        using var kernel = new KernelNamespace();
        kernel.Nftables.CommitBatch(Shapes.Create(Shapes.All));
        AssertSame(Shapes.All, kernel.Nftables.Read(Shapes.Table));
    }

    [TestMethod]
    public void What_nft_makes_of_the_text_lists_as_what_netlink_makes_of_the_value()
    {
        using var ours = new KernelNamespace();
        using var theirs = new KernelNamespace();
        ours.Nftables.CommitBatch(Shapes.Create(Shapes.All));
        theirs.Nft("-f -", NftText.Write(Shapes.All));
        Assert.AreEqual(theirs.Nft("list ruleset"), ours.Nft("list ruleset"));
        AssertSame(Shapes.All, theirs.Nftables.Read(Shapes.Table));
    }

    [TestMethod]
    public void A_transaction_as_text_does_in_nft_what_it_does_over_netlink()
    {
        using var ours = new KernelNamespace();
        using var theirs = new KernelNamespace();
        var change = new Transaction(Shapes.Table,
        [
            new Operation.WakeTable(),
            new Operation.FlushChain("policies"),
            new Operation.DeleteElements(Shapes.All.Sets["nets"].Set, ElementList.Create([Shapes.Range("10.0.0.0", "10.0.0.255")])),
            new Operation.AddElements(Shapes.All.Sets["nets"].Set, ElementList.Create([Shapes.Range("10.0.0.0", "10.0.0.100")])),
            new Operation.DeleteSet(Shapes.All.Sets["ranges"].Set),
            new Operation.AddRule("policies", new Rule(new Statement.Verdict(PacketVerdict.Goto("v_2")))),
            new Operation.DeleteSet(Shapes.All.Sets["protocols"].Set),
            new Operation.AddCounter(new("c_3", "third")),
            new Operation.AddCounter(new("c_4"), 4, 44),
            new Operation.AddCounter(new("c_5", "fifth"), 5, 55),
            new Operation.AddChain(new("v_3", Comment: "third")),
        ]);
        foreach (var transaction in (Transaction[])[Shapes.Create(Shapes.All), change])
        {
            ours.Nftables.CommitBatch(transaction);
            theirs.Nft("-f -", NftText.Write(transaction));
            Assert.AreEqual(theirs.Nft("list ruleset"), ours.Nft("list ruleset"));
        }
    }

    [TestMethod]
    public void Intervals_leave_one_by_one_the_last_address_too()
    {
        using var kernel = new KernelNamespace();
        kernel.Nftables.CommitBatch(Shapes.Create(Shapes.All));
        foreach (var name in (string[])["nets", "nets6", "nets6b", "ranges"])
        {
            var (set, left) = Shapes.All.Sets[name];
            while (left.Count > 0)
            {
                kernel.Nftables.CommitBatch(new(Shapes.Table, [new Operation.DeleteElements(set, ElementList.Create([left[^1]]))]));
                left = ElementList.Create(left.Take(left.Count - 1));
                Assert.AreEqual(left, kernel.Nftables.Read(Shapes.Table)!.Sets[name].Elements);
            }
        }
    }

    [TestMethod]
    public void Commits_of_the_fake_and_the_kernel_end_alike()
    {
        using var kernel = new KernelNamespace();
        var fake = new FakeNftables();
        kernel.Nftables.CommitBatch(Shapes.Create(Shapes.All));
        fake.CommitBatch(Shapes.Create(Shapes.All));
        AssertSame(fake.Read(Shapes.Table)!, kernel.Nftables.Read(Shapes.Table));
        var delete = new Transaction(Shapes.Table, [new Operation.DeleteTable()]);
        kernel.Nftables.CommitBatch(delete);
        fake.CommitBatch(delete);
        Assert.IsNull(kernel.Nftables.Read(Shapes.Table));
        Assert.IsNull(fake.Read(Shapes.Table));
    }

    [TestMethod]
    public void A_counter_keeps_its_tag_and_is_replaced_in_one_transaction()
    {
        using var kernel = new KernelNamespace();
        var fake = new FakeNftables();
        var counter = new Counter("c_9", "for people", new('f', 96));
        foreach (var nftables in (NftablesBackend[])[fake, kernel.Nftables])
        {
            nftables.CommitBatch(Shapes.Create(new(Shapes.Table, null, [counter], [], [])));
            Assert.AreEqual(counter, nftables.Read(Shapes.Table)!.Counters["c_9"]);
            nftables.CommitBatch(new(Shapes.Table,
            [
                new Operation.DeleteCounter("c_9"), new Operation.AddCounter(counter, 1UL << 60, ulong.MaxValue), new Operation.AddCounter(new("c_1", null, "tag"), 2, 3),
            ]));
            CollectionAssert.AreEqual(
                new CounterValue[] { new("c_1", 2, 3, "tag"), new("c_9", 1UL << 60, ulong.MaxValue, counter.Tag) }, nftables.ReadCounters(Shapes.Table).ToArray());
        }
        var listed = kernel.Nft("list counters");
        Assert.Contains("comment \"for people\"\n\t\tpackets 1152921504606846976 bytes 18446744073709551615", listed);
        Assert.DoesNotContain("fff", listed);
    }

    [TestMethod]
    public void Counts_that_are_set_in_the_fake_can_be_read()
    {
        var fake = new FakeNftables();
        fake.CommitBatch(Shapes.Create(Shapes.All));
        fake.AddToCounter(Shapes.Table, "c_1", 2, 120);
        fake.AddToCounter(Shapes.Table, "c_1", 1, 40);
        CollectionAssert.AreEqual(new CounterValue[] { new("c_1", 3, 160), new("c_2", 0, 0) }, fake.ReadCounters(Shapes.Table).ToArray());
    }

    [TestMethod]
    public void What_is_not_ours_reads_as_foreign_and_counts_read_as_they_are()
    {
        using var kernel = new KernelNamespace();
        kernel.Nftables.CommitBatch(Shapes.Create(Shapes.All));
        kernel.Nft("-f -", """
            add rule inet npt policies meta mark 5 accept
            add set inet npt marks { type mark; elements = { 5 }; }
            add chain inet npt late { type nat hook postrouting priority 100; policy accept; }
            """);
        var read = kernel.Nftables.Read(Shapes.Table)!;
        Assert.IsTrue(read.Sets["marks"].Set.IsForeign);
        Assert.AreEqual(new BaseChain(BaseHook.PostRouting, 100, "nat"), read.Chains["late"].Chain.Base);
        Assert.IsInstanceOfType<Statement.Foreign>(read.Chains["policies"].Rules[^1].Statements[0]);
        Assert.AreEqual(new CounterValue("c_1", 0, 0), kernel.Nftables.ReadCounters(Shapes.Table)[0]);
        Assert.IsEmpty(kernel.Nftables.ReadCounters("nowhere"));
        Assert.IsNull(kernel.Nftables.Read("nowhere"));
    }

    private static void AssertSame(TableState expected, TableState? actual)
    {
        Assert.IsNotNull(actual);
        Assert.AreEqual(NftText.Write(expected), NftText.Write(actual));
        Assert.AreEqual(expected, actual);
    }
}
