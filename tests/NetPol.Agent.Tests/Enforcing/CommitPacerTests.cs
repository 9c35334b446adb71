using Microsoft.Extensions.Time.Testing;
using NetPol.Agent.Enforcing;
using NetPol.Nftables;
using NetPol.Nftables.Transactions;

namespace NetPol.Agent.Tests.Enforcing;

[TestClass]
public sealed class CommitPacerTests
{
    private static readonly Transaction Slice = new("netpol", []);

    private readonly FakeTimeProvider _time = new();

    [TestMethod]
    public void Slices_shrink_until_a_commit_takes_no_longer_than_it_should()
    {
        var kernel = new SlowKernel(_time);
        var pacer = new CommitPacer(_time);
        // The kernel takes longer and longer for the same, as it does when a table grows.
        for (kernel.PerWeight = TimeSpan.FromMicroseconds(10); kernel.PerWeight < TimeSpan.FromMicroseconds(500); kernel.PerWeight *= 1.5)
        {
            for (var i = 0; i < 3; i++)
                pacer.Commit(kernel.With(pacer.Weight), Slice, pacer.Weight);
            pacer.Commit(kernel.With(pacer.Weight), Slice, pacer.Weight);
            Assert.IsLessThanOrEqualTo(CommitPacer.Target * 1.1, kernel.Took);
        }
    }

    [TestMethod]
    public void Slices_grow_by_steps_when_commits_are_short()
    {
        var kernel = new SlowKernel(_time) { PerWeight = TimeSpan.FromMicroseconds(1) };
        var pacer = new CommitPacer(_time);
        var before = pacer.Weight;
        pacer.Commit(kernel.With(before), Slice, before);
        Assert.AreEqual(2 * before, pacer.Weight);
        for (var i = 0; i < 20; i++)
            pacer.Commit(kernel.With(pacer.Weight), Slice, pacer.Weight);
        Assert.IsTrue(kernel.Took > CommitPacer.Target * 0.9 && kernel.Took < CommitPacer.Target * 1.1, $"{kernel.Took}");
    }

    [TestMethod]
    public void A_small_rest_says_nothing_of_the_next_slice()
    {
        var kernel = new SlowKernel(_time) { PerWeight = TimeSpan.FromMicroseconds(1) };
        var pacer = new CommitPacer(_time);
        var before = pacer.Weight;
        pacer.Commit(kernel.With(1), Slice, 1);
        Assert.AreEqual(before, pacer.Weight);
    }

    /// <summary>A kernel whose commits take as long as what is committed weighs.</summary>
    private sealed class SlowKernel(FakeTimeProvider time) : INftables
    {
        private int _weight;

        public TimeSpan PerWeight { get; set; }

        public TimeSpan Took { get; private set; }

        public SlowKernel With(int weight)
        {
            _weight = weight;
            return this;
        }

        public void Commit(Transaction transaction)
        {
            Took = PerWeight * _weight;
            time.Advance(Took);
        }

        public void WaitForPackets() => throw new NotSupportedException();

        public TableState? Read(string table) => throw new NotSupportedException();

        public IReadOnlyList<CounterValue> ReadCounters(string table) => throw new NotSupportedException();
    }
}
