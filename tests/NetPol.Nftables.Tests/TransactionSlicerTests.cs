namespace NetPol.Nftables.Tests;

[TestClass, TestCategory("Kernel")]
public sealed class TransactionSlicerTests
{
    private static readonly Set Plain = new() { Name = "plain", Key = Shapes.V4 };

    private static readonly Set Nets = new() { Name = "nets", Key = Shapes.V4, IsInterval = true };

    private static readonly Transaction Whole = new(Shapes.Table,
    [
        new Operation.AddTable(null), new Operation.AddSet(Plain), new Operation.AddElements(Plain, Addresses(100)), new Operation.AddSet(Nets),
        new Operation.AddElements(Nets, ElementList.Create(Enumerable.Range(0, 50).Select(Network))), new Operation.AddChain(new("v_1")),
    ]);

    [TestMethod]
    [DataRow(1)]
    [DataRow(9)]
    [DataRow(30)]
    [DataRow(1000)]
    public void Slices_hold_every_operation_and_element_once_and_in_order(int most)
    {
        var slices = Slices(most);
        var operations = slices.SelectMany(s => s.Slice.Operations).ToList();
        Assert.IsTrue(operations.Where(o => o is not Operation.AddElements).SequenceEqual(Whole.Operations.Where(o => o is not Operation.AddElements)));
        foreach (var whole in Whole.Operations.OfType<Operation.AddElements>())
            Assert.AreEqual(whole.Elements, ElementList.Create(operations.OfType<Operation.AddElements>().Where(o => o.Set == whole.Set).SelectMany(o => o.Elements)));
        Assert.IsTrue(slices.SkipLast(1).All(s => s.Slice.Operations.Count == 1 || s.Weight <= most + 1), "a slice weighs more than it may");
    }

    [TestMethod]
    public void A_slice_holds_operations_of_one_kind() => Assert.HasCount(6, Slices(most: 10_000));

    [TestMethod]
    public void Slices_of_twice_the_weight_hold_twice_the_operations()
    {
        var slicer = new TransactionSlicer(new(Shapes.Table, [.. Enumerable.Range(0, 7).Select(i => new Operation.AddChain(new($"v_{i}")))]));
        var one = slicer.Next(1);
        var two = slicer.Next(2 * one.Weight);
        var four = slicer.Next(2 * two.Weight);
        CollectionAssert.AreEqual((int[])[1, 2, 4], (int[])[one.Slice.Operations.Count, two.Slice.Operations.Count, four.Slice.Operations.Count]);
    }

    [TestMethod]
    public void The_kernel_takes_intervals_that_touch_in_slices()
    {
        using var kernel = new KernelNamespace();
        foreach (var (slice, _) in Slices(most: 10))
            kernel.Nftables.CommitBatch(slice);
        var read = kernel.Nftables.Read(Shapes.Table)!;
        Assert.HasCount(100, read.Sets["plain"].Elements);
        Assert.HasCount(50, read.Sets["nets"].Elements);
    }

    private static List<(Transaction Slice, int Weight)> Slices(int most)
    {
        var slicer = new TransactionSlicer(Whole);
        List<(Transaction Slice, int Weight)> slices = [];
        while (slicer.NextOperation is not null)
            slices.Add(slicer.Next(most));
        return slices;
    }

    private static ElementList Addresses(int count) => ElementList.Create(Enumerable.Range(1, count).Select(i => Element.Create(Shapes.V4.Key((UInt128)i))));

    /// <summary>One of many adjacent networks.</summary>
    private static Element Network(int place) => new(Shapes.V4.Key((UInt128)(256 * place)), Shapes.V4.Key((UInt128)((256 * place) + 255)), default);
}
