using Microsoft.Extensions.Time.Testing;
using NetPol.Agent.Dataplane;
using NetPol.Nftables;
using NetPol.Nftables.Fake;

namespace NetPol.Agent.Tests.Dataplane;

[TestClass, TestCategory("Unit")]
public sealed class CommitPacerTests
{
    private const string Table = "netpol";

    private readonly FakeTimeProvider _time = new();

    [TestMethod]
    [DataRow(0.001, DisplayName = "1 µs and more per operation")]
    [DataRow(0.1)]
    [DataRow(1)]
    [DataRow(10)]
    [DataRow(45)]
    [DataRow(199)]
    [DataRow(500, DisplayName = "half a second and more per operation")]
    public void A_transaction_exceeds_the_limit_only_if_it_is_one_operation(double milliseconds)
    {
        var kernel = new SlowKernel(_time) { PerOperation = TimeSpan.FromMilliseconds(milliseconds) };
        var pacer = new CommitPacer(_time, _time.Advance);
        kernel.Nftables.Commit(new StagedUpdate(new(Table, [new Operation.AddTable(null)]), new(Table, []), new(Table, [])), pacer: pacer);
        List<int> programmed = [];
        // Small and large changes by turns; the table grows by a factor of 40 and shrinks again.
        foreach (var sets in (int[])[3, 60, 5, 400, 20, 1, 2000, 7, 100, 10])
        {
            kernel.Nftables.Commit(StagedUpdate.WithoutEffect(Table, Added(programmed.Count, sets)), pacer: pacer);
            programmed.AddRange(Enumerable.Range(programmed.Count, sets));
        }
        kernel.Nftables.Commit(new(new(Table, []), new(Table, []), new(Table, [.. programmed.Select(i => new Operation.DeleteSet(SetOf(i)))])), pacer: pacer);

        Assert.IsEmpty(kernel.Nftables.Read(Table)!.Sets);
        Assert.IsNotEmpty(kernel.Commits);
        foreach (var (took, size) in kernel.Commits.Where(c => c.Took > CommitPacer.MaxDuration))
            Assert.AreEqual(1, size, $"{size} operations and elements took {took}");
        if (milliseconds < 0.01)
            Assert.IsLessThan(250, kernel.Commits.Count, "a quick kernel needs few transactions");
    }

    [TestMethod]
    public void A_kernel_that_becomes_slow_at_once_slows_one_transaction()
    {
        var kernel = new SlowKernel(_time) { PerOperation = TimeSpan.FromMicroseconds(1) };
        var pacer = new CommitPacer(_time, _time.Advance);
        kernel.Nftables.Commit(new StagedUpdate(Table, [new Operation.AddTable(null)]));
        kernel.Nftables.Commit(StagedUpdate.WithoutEffect(Table, Added(0, 100)), pacer: pacer);
        kernel.PerOperation = TimeSpan.FromMilliseconds(20);
        kernel.Commits.Clear();
        kernel.Nftables.Commit(StagedUpdate.WithoutEffect(Table, Added(100, 100)), pacer: pacer);
        Assert.HasCount(0, kernel.Commits.Skip(1).Where(c => c.Took > CommitPacer.MaxDuration).ToList());
        Assert.IsGreaterThan(10, kernel.Commits.Count);
    }

    [TestMethod]
    public void Slices_grow_until_they_take_the_target_duration()
    {
        var kernel = new SlowKernel(_time) { PerOperation = TimeSpan.FromMicroseconds(50), IsLinear = false };
        var pacer = new CommitPacer(_time, _time.Advance);
        kernel.Nftables.Commit(new StagedUpdate(Table, [new Operation.AddTable(null)]));
        kernel.Nftables.Commit(StagedUpdate.WithoutEffect(Table, [.. Enumerable.Range(0, 20_000).Select(i => new Operation.AddSet(SetOf(i)))]), pacer: pacer);
        var slices = kernel.Commits.Skip(1).ToList();
        for (var i = 1; i < slices.Count - 1; i++)
            Assert.IsTrue(slices[i].Size == 2 * slices[i - 1].Size || (slices[i].Took >= CommitPacer.TargetDuration * 0.95 && slices[i].Took <= CommitPacer.TargetDuration * 1.05), $"slice {i} took {slices[i].Took}");
        Assert.AreEqual(1, slices[0].Size);
    }

    [TestMethod]
    public void A_small_step_is_whole_once_its_operations_were_measured()
    {
        var kernel = new SlowKernel(_time) { PerOperation = TimeSpan.FromMicroseconds(10) };
        var pacer = new CommitPacer(_time, _time.Advance);
        kernel.Nftables.Commit(new StagedUpdate(Table, [new Operation.AddTable(null)]));
        kernel.Nftables.Commit(StagedUpdate.WithoutEffect(Table, Added(0, 30)), pacer: pacer);
        Assert.IsGreaterThan(4, kernel.Commits.Count);
        kernel.Commits.Clear();
        kernel.Nftables.Commit(StagedUpdate.WithoutEffect(Table, Added(30, 10)), pacer: pacer);
        Assert.HasCount(1, kernel.Commits);
    }

    [TestMethod]
    public void The_step_with_effect_is_one_transaction_and_is_measured()
    {
        var kernel = new SlowKernel(_time) { PerOperation = TimeSpan.FromMicroseconds(1) };
        var pacer = new CommitPacer(_time, _time.Advance);
        kernel.Nftables.Commit(new StagedUpdate(Table, [new Operation.AddTable(null)]));
        kernel.Nftables.Commit(StagedUpdate.WithoutEffect(Table, Added(0, 50)), pacer: pacer);
        Assert.IsTrue(pacer.CanCommitWhole(new(Table, Added(50, 10))), "this is short");
        kernel.PerOperation = TimeSpan.FromMilliseconds(2);
        kernel.Commits.Clear();
        kernel.Nftables.Commit(new StagedUpdate(Table, Added(50, 10)), pacer: pacer);
        Assert.HasCount(1, kernel.Commits);
        Assert.IsFalse(pacer.CanCommitWhole(new(Table, Added(60, 10))), "this takes longer than the target");
        Assert.IsTrue(pacer.CanCommitWhole(new(Table, Added(60, 1))), "this does not");
    }

    [TestMethod]
    public void A_measurement_in_a_small_table_does_not_hold_in_a_large_one()
    {
        var kernel = new SlowKernel(_time) { PerOperation = TimeSpan.FromMicroseconds(1) };
        var pacer = new CommitPacer(_time, _time.Advance);
        kernel.Nftables.Commit(new StagedUpdate(Table, [new Operation.AddTable(null)]));
        kernel.Nftables.Commit(StagedUpdate.WithoutEffect(Table, [.. Enumerable.Range(0, 100).Select(i => new Operation.AddCounter(new($"c_{i}")))]), pacer: pacer);
        var more = new Transaction(Table, [.. Enumerable.Range(0, 50).Select(i => new Operation.AddCounter(new($"d_{i}")))]);
        Assert.IsTrue(pacer.CanCommitWhole(more));
        kernel.Nftables.Commit(StagedUpdate.WithoutEffect(Table, Added(0, 200)), pacer: pacer);
        Assert.IsFalse(pacer.CanCommitWhole(more), "an operation may take 200 times as long");
    }

    [TestMethod]
    public void Other_programs_have_a_pause_after_every_burst_and_none_is_due_after_a_rest()
    {
        List<TimeSpan> pauses = [];
        var pacer = new CommitPacer(_time, pauses.Add);
        Slices(4);
        Assert.IsEmpty(pauses);
        Slices(8);
        Assert.HasCount(2, pauses);
        Assert.IsTrue(pauses.TrueForAll(p => p == CommitPacer.Pause));
        Slices(3);
        Assert.HasCount(3, pauses);
        _time.Advance(CommitPacer.Pause);
        Slices(4);
        Assert.HasCount(3, pauses);

        void Slices(int count)
        {
            for (var i = 0; i < count; i++)
                pacer.CommitSlice(new(Table, [new Operation.DeleteChain("v_1")]), 8, _ => _time.Advance(CommitPacer.MaxBurst / 4));
        }
    }

    private static Set SetOf(int number) => new() { Name = $"s_{number}", Key = new KeyType(KeyField.Ipv4Addr) };

    private static List<Operation> Added(int first, int count)
    {
        var sets = Enumerable.Range(first, count).Select(SetOf).ToList();
        return [.. sets.Select(s => new Operation.AddSet(s)), .. sets.Select(s => new Operation.AddElements(s, ElementList.Create([Element.Create(s.Key.Key(1)), Element.Create(s.Key.Key(2))])))];
    }

    /// <summary>A kernel in which each operation and element takes a time in proportion to the sets of the table.</summary>
    private sealed class SlowKernel : INftablesInterceptor
    {
        private readonly FakeTimeProvider _time;
        private int _sets;

        public SlowKernel(FakeTimeProvider time) => (_time, Nftables) = (time, new FakeNftables(this));

        /// <summary>The time of an operation in a table without sets; it doubles with each 50 sets.</summary>
        public TimeSpan PerOperation { get; set; }

        public bool IsLinear { get; init; } = true;

        public FakeNftables Nftables { get; }

        public List<(TimeSpan Took, int Size)> Commits { get; } = [];

        public void Commit(Transaction transaction, Action<Transaction> commit)
        {
            var (took, size) = (TimeSpan.Zero, 0);
            foreach (var operation in transaction.Operations)
            {
                var elements = operation is Operation.AddElements add ? add.Elements.Count : 0;
                size += Math.Max(1, elements);
                took += PerOperation * (1 + elements) * (IsLinear ? 1 + (_sets / 50.0) : 1);
                _sets += operation is Operation.AddSet ? 1 : operation is Operation.DeleteSet ? -1 : 0;
            }
            commit(transaction);
            _time.Advance(took);
            Commits.Add((took, size));
        }

        public T Read<T>(Func<T> read) => read();
    }
}
