using NetPol.Netlink;
using NetPol.Nftables.Expressions;
using NetPol.Nftables.Kernel;

namespace NetPol.Nftables.Tests.Kernel;

[TestClass, TestCategory("Kernel")]
public sealed class BatchTests
{
    private const TableFamily Inet = TableFamily.Inet;
    private const string Table = "netpol";

    [TestMethod]
    public void The_kernel_gives_back_what_was_written_and_nft_prints_it()
    {
        using var kernel = new KernelNamespace();
        using var socket = kernel.OpenTables();
        var before = socket.ReadGeneration();
        socket.Commit(Everything(), before);

        Assert.AreEqual(before + 1, socket.ReadGeneration());
        Assert.AreEqual(new Table(Table, "ours"), socket.FindTable(Inet, Table));
        var chains = socket.ListChains(Inet, Table);
        CollectionAssert.AreEqual(new[] { "forward", "leaf" }, chains.Select(chain => chain.Name).ToArray());
        Assert.AreEqual(new BaseChain(BaseHook.Forward, 0), chains[0].Base);
        Assert.AreEqual("a leaf", chains[1].Comment);
        var rules = socket.ListRules(Inet, Table);
        CollectionAssert.AreEqual(
            Rules().Select(rule => string.Join('\n', rule.Expressions)).ToArray(), rules.Select(rule => string.Join('\n', rule.Expressions)).ToArray());
        Assert.AreEqual("why not", rules[^1].Comment);
        foreach (var set in Sets())
            Assert.AreEqual(set, socket.ListSets(Inet, Table).Single(read => string.Equals(read.Name, set.Name, StringComparison.Ordinal)));
        Assert.AreEqual(new CounterState(new("c1", Tag: "tag"), 7, 8), Assert.ContainsSingle(socket.ListCounters(Inet, Table)));
        Assert.AreEqual(Printed.ReplaceLineEndings("\n"), kernel.Nft("list ruleset"));
    }

    [TestMethod]
    public void Elements_are_read_back_and_deleted()
    {
        using var kernel = new KernelNamespace();
        using var socket = kernel.OpenTables();
        socket.Commit(Everything());
        CollectionAssert.AreEquivalent(new[] { "0600000000500000..0600000000500000 accept", "060000001f400000..060000001fa40000 goto leaf" }, Elements(socket, "ports"));
        CollectionAssert.AreEquivalent(
            new[] { "00000000 end", "0a010000 goto leaf", "0a020000 drop", "0a020000 end", "0a030000 end", "ff000000 accept" }, Elements(socket, "nets"));

        var batch = new NftablesBatch(Inet, Table);
        using (var elements = batch.DeleteElements("nets"))
            elements.AddInterval([10, 1, 0, 0], [10, 1, 255, 255]);
        using (var elements = batch.DeleteElements("ports"))
            elements.Add([6, 0, 0, 0, 0, 80, 0, 0], [6, 0, 0, 0, 0, 80, 0, 0]);
        batch.Add(new Operation.FlushSet("subjects"));
        socket.Commit(batch);
        CollectionAssert.AreEquivalent(new[] { "060000001f400000..060000001fa40000 goto leaf" }, Elements(socket, "ports"));
        CollectionAssert.AreEquivalent(new[] { "00000000 end", "0a020000 drop", "0a030000 end", "ff000000 accept" }, Elements(socket, "nets"));
        Assert.IsEmpty(Elements(socket, "subjects"));
    }

    [TestMethod]
    public void Every_refused_operation_is_named_and_nothing_is_done()
    {
        using var kernel = new KernelNamespace();
        using var socket = kernel.OpenTables();
        var batch = new NftablesBatch(Inet, Table);
        batch.Add(new Operation.AddTable(null));
        var missing = batch.Add(new Operation.AddRule("nowhere", new(new Statement.Verdict(PacketVerdict.Drop))));
        batch.Add(new Operation.AddChain(new("leaf")));
        int elements;
        using (var writer = batch.AddElements("no_set"))
        {
            elements = writer.Operation;
            writer.Add([1, 2, 3, 4]);
        }
        var e = Assert.ThrowsExactly<NftablesException>(() => socket.Commit(batch));
        CollectionAssert.AreEqual(new int?[] { missing, elements }, e.Refusals.Select(refusal => refusal.Operation).ToArray());
        Assert.AreEqual("ENOENT", e.ErrnoName);
        // The name of the chain stands behind the header, the fixed part and the table's name.
        Assert.AreEqual(32u, e.Refusals[0].Ack.Offset);
        Assert.Contains("add rule inet netpol nowhere drop: ENOENT", e.Message, StringComparison.Ordinal);
        Assert.IsNull(socket.FindTable(Inet, Table));
    }

    [TestMethod]
    public void A_batch_for_an_old_generation_is_refused()
    {
        using var kernel = new KernelNamespace();
        using var socket = kernel.OpenTables();
        var generation = socket.ReadGeneration();
        var batch = new NftablesBatch(Inet, Table);
        batch.Add(new Operation.AddTable(null));
        socket.Commit(batch, generation);
        var e = Assert.ThrowsExactly<NftablesException>(() => socket.Commit(batch, generation));
        Assert.AreEqual(NetlinkErrno.Restart, e.Errno);
        socket.Commit(batch, socket.ReadGeneration());
    }

    [TestMethod]
    public void The_kernel_says_in_words_what_is_wrong()
    {
        using var kernel = new KernelNamespace();
        using var socket = kernel.OpenTables();
        var batch = new NftablesBatch(Inet, Table);
        batch.Add(new Operation.AddTable(null));
        batch.Add(new Operation.AddChain(new("forward", new(BaseHook.Forward, 0, "nonsense"))));
        var e = Assert.ThrowsExactly<NftablesException>(() => socket.Commit(batch));
        Assert.StartsWith("create chain inet netpol forward: ENOENT", e.Message, StringComparison.Ordinal);
        Assert.IsNotNull(e.Ack.Offset);
    }

    [TestMethod]
    public void A_set_that_is_not_there_cannot_be_read()
    {
        using var kernel = new KernelNamespace();
        using var socket = kernel.OpenTables();
        var e = Assert.ThrowsExactly<NetlinkException>(() => socket.ReadElements(Inet, Table, "x", (in _) => { }));
        Assert.AreEqual("ENOENT", e.ErrnoName);
        Assert.IsEmpty(socket.ListRules(Inet, Table));
    }

    private const string Printed =
        """
        table inet netpol {
        	comment "ours"
        	counter c1 {
        		packets 7 bytes 8
        	}

        	set subjects {
        		type ipv4_addr
        		elements = { 10.0.0.1 }
        	}

        	map nets {
        		type ipv4_addr : verdict
        		flags interval
        		comment "networks"
        		elements = { 10.1.0.0/16 : goto leaf, 10.2.0.0/16 : drop,
        			     255.0.0.0/8 : accept }
        	}

        	map ports {
        		type inet_proto . inet_service : verdict
        		flags interval
        		elements = { tcp . 80 : accept,
        			     tcp . 8000-8100 : goto leaf }
        	}

        	chain forward {
        		type filter hook forward priority filter; policy accept;
        		ct state established,related accept
        		ip saddr @subjects jump leaf
        		ip saddr vmap @nets
        		meta l4proto . th dport vmap @ports
        		ip saddr != 10.0.0.1-10.0.0.9 counter packets 0 bytes 0
        	}

        	chain leaf {
        		comment "a leaf"
        		counter name "c1"
        		limit rate 10/second log prefix "np " group 3
        		drop comment "why not"
        	}
        }

        """;

    private static string[] Elements(NftablesSocket socket, string set)
    {
        var list = new List<string>();
        socket.ReadElements(Inet, Table, set, (in element) =>
        {
            var key = Convert.ToHexStringLower(element.Key);
            var end = element.KeyEnd.IsEmpty ? "" : ".." + Convert.ToHexStringLower(element.KeyEnd);
            list.Add($"{key}{end} {(element.Flags.HasFlag(ElementFlags.IntervalEnd) ? "end" : element.Verdict.ToString())}");
        });
        return [.. list];
    }

    private static NftablesBatch Everything()
    {
        var batch = new NftablesBatch(Inet, Table);
        batch.Add(new Operation.AddTable("ours"));
        batch.Add(new Operation.AddCounter(new("c1", Tag: "tag"), 7, 8));
        foreach (var set in Sets())
            batch.Add(new Operation.AddSet(set));
        batch.Add(new Operation.AddChain(new("forward", new(BaseHook.Forward, 0))));
        batch.Add(new Operation.AddChain(new("leaf", Comment: "a leaf")));
        foreach (var rule in Rules())
            batch.AddRule(rule.Chain, rule.Expressions, rule.Comment);
        using (var elements = batch.AddElements("subjects"))
            elements.Add([10, 0, 0, 1]);
        using (var elements = batch.AddElements("nets"))
        {
            elements.Add([0, 0, 0, 0], ElementFlags.IntervalEnd);
            elements.AddInterval([10, 1, 0, 0], [10, 1, 255, 255], PacketVerdict.Goto("leaf"));
            elements.AddInterval([10, 2, 0, 0], [10, 2, 255, 255], PacketVerdict.Drop);
            elements.AddInterval([255, 0, 0, 0], [255, 255, 255, 255], PacketVerdict.Accept);
        }
        using (var elements = batch.AddElements("ports"))
        {
            elements.Add([6, 0, 0, 0, 0, 80, 0, 0], [6, 0, 0, 0, 0, 80, 0, 0], PacketVerdict.Accept);
            elements.Add([6, 0, 0, 0, 0x1f, 0x40, 0, 0], [6, 0, 0, 0, 0x1f, 0xa4, 0, 0], PacketVerdict.Goto("leaf"));
        }
        return batch;
    }

    private static Set[] Sets() =>
    [
        new() { Name = "subjects", Key = Shapes.V4 },
        Shapes.Map("nets", Shapes.V4) with { IsInterval = true, Comment = "networks" },
        Shapes.Map("ports", Shapes.Ports) with { IsInterval = true },
    ];

    private static RuleMessage[] Rules() =>
    [
        Rule("forward",
            new ConntrackExpression(Register.R1, ConntrackKey.State),
            new BitwiseExpression(Register.R1, Register.R1, new([6, 0, 0, 0]), new([0, 0, 0, 0])),
            new CompareExpression(Register.R1, CompareOperator.NotEqual, new([0, 0, 0, 0])),
            new ImmediateExpression(PacketVerdict.Accept)),
        Rule("forward", [.. SourceV4, new LookupExpression("subjects", Register.R1), new ImmediateExpression(PacketVerdict.Jump("leaf"))]),
        Rule("forward", [.. SourceV4, new LookupExpression("nets", Register.R1, Register.Verdict)]),
        Rule("forward",
            new MetaExpression(Register.R1, MetaKey.L4Protocol),
            new PayloadExpression(Register.R32N01, PayloadBase.TransportHeader, 2, 2),
            new LookupExpression("ports", Register.R1, Register.Verdict)),
        Rule("forward", [.. SourceV4, new RangeExpression(Register.R1, true, new([10, 0, 0, 1]), new([10, 0, 0, 9])), new CounterExpression()]),
        Rule("leaf", ObjectReferenceExpression.Counter("c1")),
        Rule("leaf", new LimitExpression(10, 1, 5), new LogExpression("np ", 3)),
        new(Table, "leaf", [new ImmediateExpression(PacketVerdict.Drop)], "why not"),
    ];

    private static Expression[] SourceV4 =>
    [
        new MetaExpression(Register.R1, MetaKey.NfProto),
        new CompareExpression(Register.R1, CompareOperator.Equal, new([2])),
        new PayloadExpression(Register.R1, PayloadBase.NetworkHeader, 12, 4),
    ];

    private static RuleMessage Rule(string chain, params Expression[] expressions) => new(Table, chain, expressions);
}
