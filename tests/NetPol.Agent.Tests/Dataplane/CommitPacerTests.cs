using Microsoft.Extensions.Time.Testing;
using NetPol.Agent.Dataplane;
using NetPol.Nftables;

namespace NetPol.Agent.Tests.Dataplane;

[TestClass, TestCategory("Unit")]
public sealed class CommitPacerTests
{
    private static readonly Operation Chain = new Operation.DeleteChain("v_1");

    private static readonly Transaction Slice = new("netpol", [Chain]);

    private readonly FakeTimeProvider _time = new();

    [TestMethod]
    public void Slices_shrink_until_a_commit_takes_no_longer_than_it_should()
    {
        var kernel = new SlowKernel(_time);
        var pacer = new CommitPacer(_time, _time.Advance);
        // The kernel takes longer and longer for the same, as it does when a table grows.
        for (kernel.PerWeight = TimeSpan.FromMicroseconds(10); kernel.PerWeight < TimeSpan.FromMicroseconds(500); kernel.PerWeight *= 1.5)
        {
            for (var i = 0; i < 3; i++)
                pacer.Commit(Slice, pacer.MaxWeight(Chain), kernel.With(pacer.MaxWeight(Chain)).Commit);
            pacer.Commit(Slice, pacer.MaxWeight(Chain), kernel.With(pacer.MaxWeight(Chain)).Commit);
            Assert.IsLessThanOrEqualTo(CommitPacer.TargetDuration * 1.1, kernel.Took);
        }
    }

    [TestMethod]
    public void Slices_grow_by_steps_when_commits_are_short()
    {
        var kernel = new SlowKernel(_time) { PerWeight = TimeSpan.FromMicroseconds(1) };
        var pacer = new CommitPacer(_time, _time.Advance);
        var before = pacer.MaxWeight(Chain);
        pacer.Commit(Slice, before, kernel.With(before).Commit);
        Assert.AreEqual(2 * before, pacer.MaxWeight(Chain));
        for (var i = 0; i < 20; i++)
            pacer.Commit(Slice, pacer.MaxWeight(Chain), kernel.With(pacer.MaxWeight(Chain)).Commit);
        Assert.IsTrue(kernel.Took > CommitPacer.TargetDuration * 0.9 && kernel.Took < CommitPacer.TargetDuration * 1.1, $"{kernel.Took}");
    }

    [TestMethod]
    public void A_small_rest_says_nothing_of_the_next_slice()
    {
        var kernel = new SlowKernel(_time) { PerWeight = TimeSpan.FromMicroseconds(1) };
        var pacer = new CommitPacer(_time, _time.Advance);
        var before = pacer.MaxWeight(Chain);
        pacer.Commit(Slice, 1, kernel.With(1).Commit);
        Assert.AreEqual(before, pacer.MaxWeight(Chain));
    }

    [TestMethod]
    public void Operations_of_one_kind_say_nothing_of_those_of_another()
    {
        var kernel = new SlowKernel(_time) { PerWeight = TimeSpan.FromMicroseconds(1) };
        var pacer = new CommitPacer(_time, _time.Advance);
        var other = new Operation.DeleteCounter("c_1");
        var before = pacer.MaxWeight(other);
        pacer.Commit(Slice, pacer.MaxWeight(Chain), kernel.With(pacer.MaxWeight(Chain)).Commit);
        Assert.AreNotEqual(before, pacer.MaxWeight(Chain));
        Assert.AreEqual(before, pacer.MaxWeight(other));
    }

    [TestMethod]
    public void Others_have_a_pause_after_every_burst_of_commits_and_short_changes_have_none()
    {
        List<TimeSpan> pauses = [];
        var pacer = new CommitPacer(_time, pauses.Add);
        var kernel = new SlowKernel(_time) { PerWeight = CommitPacer.MaxBurst / 4 };
        for (var i = 0; i < 4; i++)
            pacer.Commit(Slice, 1, kernel.With(1).Commit);
        Assert.IsEmpty(pauses);
        for (var i = 0; i < 8; i++)
            pacer.Commit(Slice, 1, kernel.With(1).Commit);
        Assert.HasCount(2, pauses);
        Assert.IsTrue(pauses.TrueForAll(p => p == CommitPacer.Pause));
    }

    /// <summary>A kernel whose commits take as long as what is committed weighs.</summary>
    private sealed class SlowKernel(FakeTimeProvider time)
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
    }
}
