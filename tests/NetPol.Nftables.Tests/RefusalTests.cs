using NetPol.Netlink;
using NetPol.Nftables.Fake;

namespace NetPol.Nftables.Tests;

[TestClass, TestCategory("Kernel")]
public sealed class RefusalTests
{
    private static readonly TableState Start = new(
        Shapes.Table,
        null,
        [new("c_1"), new("c_free")],
        [
            new(Shapes.Map("peers", Shapes.V4), ElementList.Create([Element.Create(Shapes.Key("10.0.0.1"), PacketVerdict.Goto("v_1"))])),
            new(Shapes.Map("nets", Shapes.V4) with { IsInterval = true }, ElementList.Create([Shapes.Range("10.0.0.0", "10.0.0.255"), Shapes.Range("10.0.1.0", "10.0.1.255")])),
            new(Shapes.Map("ranges", Shapes.Ports) with { IsInterval = true }, ElementList.Create([new(Shapes.Ports.Key(6, 80), Shapes.Ports.Key(6, 90), PacketVerdict.Goto("v_1"))])),
            new(new() { Name = "plain", Key = Shapes.V4 }, ElementList.Create([Element.Create(Shapes.Key("10.0.0.1"))])),
            new(new() { Name = "few", Key = Shapes.V4, Size = 2 }, ElementList.Create([Element.Create(Shapes.Key("10.0.0.1"))])),
        ],
        [
            new(new("v_1"), new Rule(new Statement.NamedCounter("c_1"), new Statement.Verdict(PacketVerdict.Drop))),
            new(new("v_free")),
            new(new("policies"), new Rule(new Statement.VerdictMap(new(PacketField.IpSaddr), "peers")), new Rule(new Statement.Verdict(PacketVerdict.Goto("v_1")))),
            new(new("forward", new(BaseHook.Forward, 0)), new Rule(new Statement.Lookup(new(PacketField.IpSaddr), "plain"), new Statement.Verdict(PacketVerdict.Jump("policies")))),
        ]);

    private static Set Peers => Start.Sets["peers"].Set;

    private static Set Nets => Start.Sets["nets"].Set;

    private static Set Ranges => Start.Sets["ranges"].Set;

    private static Set Plain => Start.Sets["plain"].Set;

    private static Set Few => Start.Sets["few"].Set;

    private static IEnumerable<(string What, int Errno, Operation[] Operations)> Cases =>
    [
        ("a table twice", NetlinkErrno.Exists, [new Operation.AddTable(null)]),
        ("a chain twice", NetlinkErrno.Exists, [new Operation.AddChain(new("v_1"))]),
        ("a set twice", NetlinkErrno.Exists, [new Operation.AddSet(Peers)]),
        ("a counter twice", NetlinkErrno.Exists, [new Operation.AddCounter(new("c_1"))]),
        ("an element twice", NetlinkErrno.Exists, [new Operation.AddElements(Peers, List("10.0.0.1"))]),
        ("an element twice with another verdict", NetlinkErrno.Exists, [new Operation.AddElements(Peers, ElementList.Create([Element.Create(Shapes.Key("10.0.0.1"), PacketVerdict.Drop)]))]),
        ("a range twice", NetlinkErrno.Exists, [new Operation.AddElements(Nets, ElementList.Create([Shapes.Range("10.0.0.0", "10.0.0.255")]))]),
        ("a range inside another", NetlinkErrno.Exists, [new Operation.AddElements(Nets, ElementList.Create([Shapes.Range("10.0.0.5", "10.0.0.9")]))]),
        ("a range over the edge of another", NetlinkErrno.Exists, [new Operation.AddElements(Nets, ElementList.Create([Shapes.Range("10.0.1.255", "10.0.2.9")]))]),
        ("port ranges that overlap", NetlinkErrno.Exists, [new Operation.AddElements(Ranges, ElementList.Create([new(Shapes.Ports.Key(6, 85), Shapes.Ports.Key(6, 99), PacketVerdict.Drop)]))]),
        ("more elements than the set's size", NetlinkErrno.TooManyElements, [new Operation.AddElements(Few, ElementList.Create([Element.Create(Shapes.Key("10.0.0.2")), Element.Create(Shapes.Key("10.0.0.3"))]))]),
        ("a chain that is not there", NetlinkErrno.NoEntry, [new Operation.DeleteChain("nowhere")]),
        ("a set that is not there", NetlinkErrno.NoEntry, [new Operation.DeleteSet(Shapes.Map("nowhere", Shapes.V4))]),
        ("a counter that is not there", NetlinkErrno.NoEntry, [new Operation.DeleteCounter("nowhere")]),
        ("an element that is not there", NetlinkErrno.NoEntry, [new Operation.DeleteElements(Peers, List("10.0.0.9"))]),
        ("a range that is not there", NetlinkErrno.NoEntry, [new Operation.DeleteElements(Nets, ElementList.Create([Shapes.Range("10.9.0.0", "10.9.0.255")]))]),
        ("a rule in a chain that is not there", NetlinkErrno.NoEntry, [new Operation.AddRule("nowhere", new(new Statement.Verdict(PacketVerdict.Drop)))]),
        ("a jump to a chain that is not there", NetlinkErrno.NoEntry, [new Operation.AddRule("v_free", new(new Statement.Verdict(PacketVerdict.Jump("nowhere"))))]),
        ("a look-up in a map that is not there", NetlinkErrno.NoEntry, [new Operation.AddRule("v_free", new(new Statement.VerdictMap(new(PacketField.IpSaddr), "nowhere")))]),
        ("a count in a counter that is not there", NetlinkErrno.NoEntry, [new Operation.AddRule("v_free", new(new Statement.NamedCounter("nowhere")))]),
        ("an element that leads nowhere", NetlinkErrno.NoEntry, [new Operation.AddElements(Peers, ElementList.Create([Element.Create(Shapes.Key("10.0.0.9"), PacketVerdict.Goto("nowhere"))]))]),
        ("a set looked up as a map", NetlinkErrno.Invalid, [new Operation.AddRule("v_free", new(new Statement.VerdictMap(new(PacketField.IpSaddr), "plain")))]),
        ("a jump to a base chain", NetlinkErrno.NotSupported, [new Operation.AddRule("v_free", new(new Statement.Verdict(PacketVerdict.Jump("forward"))))]),
        ("a chain that a rule leads to", NetlinkErrno.Busy, [new Operation.FlushChain("v_1"), new Operation.DeleteChain("v_1")]),
        ("a set that a rule looks up", NetlinkErrno.Busy, [new Operation.DeleteSet(Peers)]),
        ("a counter that a rule counts in", NetlinkErrno.Busy, [new Operation.DeleteCounter("c_1")]),
        ("a loop", 31, [new Operation.AddRule("v_1", new(new Statement.Verdict(PacketVerdict.Jump("policies"))))]),
        ("all before the refused one", NetlinkErrno.NoEntry, [new Operation.DeleteCounter("c_free"), new Operation.DeleteChain("v_free"), new Operation.DeleteCounter("nowhere")]),
    ];

    [TestMethod]
    public void More_refusals_than_the_socket_has_room_for_are_a_refusal_and_the_next_commit_goes_on()
    {
        using var kernel = new KernelNamespace();
        kernel.Nftables.CommitBatch(new(Shapes.Table, [new Operation.AddTable(null)]));
        var many = new Transaction(Shapes.Table, [.. Enumerable.Range(0, 100_000).Select(i => new Operation.DeleteChain($"nowhere_{i}"))]);
        for (var round = 0; round < 2; round++)
        {
            var refused = Assert.ThrowsExactly<NftablesException>(() => kernel.Nftables.CommitBatch(many));
            Assert.StartsWith($"delete chain inet {Shapes.Table} nowhere_0: ENOENT", refused.Message);
        }
        kernel.Nftables.CommitBatch(new(Shapes.Table, [new Operation.AddChain(new("here"))]));
        Assert.ContainsSingle(kernel.Nftables.Read(Shapes.Table)!.Chains);
    }

    [TestMethod]
    public void Who_is_not_permitted_is_refused_whatever_is_asked()
    {
        using var kernel = new KernelNamespace();
        using var view = kernel.Look(Shapes.Table);
        Action[] questions =
        [
            () => kernel.Nftables.CommitBatch(new(Shapes.Table, [new Operation.AddTable(null)])),
            () => kernel.Nftables.Read(Shapes.Table),
            () => kernel.Nftables.ReadCounters(Shapes.Table),
            () => view.ReadGeneration(),
            () => view.Rules("forward"),
            () => view.Find("peers", Shapes.V4, 1, 0),
            () => view.Counter("c_1"),
        ];
        foreach (var question in questions)
        {
            var refused = Unprivileged.Run(() => Assert.ThrowsExactly<NftablesException>(question));
            Assert.AreEqual(NetlinkErrno.NotPermitted, refused.Errno, refused.Message);
        }
    }

    [TestMethod]
    public void The_kernel_and_the_fake_refuse_the_same_and_change_nothing()
    {
        using var kernel = new KernelNamespace();
        var fake = new FakeNftables();
        kernel.Nftables.CommitBatch(Shapes.Create(Start));
        fake.CommitBatch(Shapes.Create(Start));
        List<string> expected = [], byFake = [], byKernel = [];
        foreach (var (what, errno, operations) in Cases)
        {
            var transaction = new Transaction(Shapes.Table, operations);
            var asked = OperationText.Describe($"inet {Shapes.Table}", operations[^1]);
            expected.Add($"{what}: {asked}: {NetlinkErrno.Name(errno)}");
            byFake.Add($"{what}: {Refusal(fake, transaction)}");
            byKernel.Add($"{what}: {Refusal(kernel.Nftables, transaction)}");
            Assert.AreEqual(Start, fake.Read(Shapes.Table), what);
        }
        Assert.AreEqual(string.Join('\n', expected), string.Join('\n', byKernel));
        Assert.AreEqual(string.Join('\n', expected), string.Join('\n', byFake));
        Assert.AreEqual(Start, kernel.Nftables.Read(Shapes.Table));
    }

    [TestMethod]
    public void Objects_leave_after_their_last_user_in_the_same_transaction()
    {
        using var kernel = new KernelNamespace();
        var transaction = new Transaction(Shapes.Table,
        [
            new Operation.FlushChain("forward"), new Operation.FlushChain("policies"), new Operation.FlushChain("v_1"),
            new Operation.DeleteElements(Nets, Start.Sets["nets"].Elements), new Operation.DeleteSet(Peers), new Operation.DeleteSet(Ranges),
            new Operation.DeleteChain("policies"), new Operation.DeleteChain("v_1"), new Operation.DeleteCounter("c_1"),
            new Operation.AddChain(new("v_1")), new Operation.AddElements(Nets, ElementList.Create([Shapes.Range("10.0.0.7", "10.0.0.255")])),
        ]);
        var fake = new FakeNftables();
        foreach (var nftables in (NftablesBackend[])[fake, kernel.Nftables])
        {
            nftables.CommitBatch(Shapes.Create(Start));
            nftables.CommitBatch(transaction);
        }
        Assert.AreEqual(fake.Read(Shapes.Table), kernel.Nftables.Read(Shapes.Table));
    }

    [TestMethod]
    public void A_refusal_names_the_object_the_errno_and_the_place()
    {
        using var kernel = new KernelNamespace();
        kernel.Nftables.CommitBatch(Shapes.Create(Start));
        var refused = Assert.ThrowsExactly<NftablesException>(
            () => kernel.Nftables.CommitBatch(new(Shapes.Table, [new Operation.DeleteChain("v_free"), new Operation.DeleteSet(Peers)])));
        Assert.IsTrue(refused.Message.StartsWith("delete map inet npt peers: EBUSY", StringComparison.Ordinal), refused.Message);
        Assert.IsNotNull(refused.Ack.Offset);
    }

    private static string Refusal(NftablesBackend nftables, Transaction transaction)
    {
        try
        {
            nftables.CommitBatch(transaction);
            return "accepted";
        }
        catch (NftablesException refused)
        {
            return $"{refused.Asked}: {refused.ErrnoName}";
        }
    }

    private static ElementList List(string address) => ElementList.Create([Element.Create(Shapes.Key(address), PacketVerdict.Goto("v_1"))]);
}
