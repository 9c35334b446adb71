namespace NetPol.Hosting.Tests;

[TestClass]
public sealed class BackoffTests
{
    private static readonly TimeSpan First = TimeSpan.FromSeconds(1), Longest = TimeSpan.FromSeconds(5);

    [TestMethod]
    public void Pauses_double_up_to_the_longest_and_start_again_after_a_success()
    {
        var backoff = new Backoff(First, Longest, () => 0.5);
        Assert.AreEqual("1 2 4 5 5", string.Join(' ', Enumerable.Range(0, 5).Select(_ => backoff.Next().TotalSeconds)));
        backoff.Reset();
        Assert.AreEqual(First, backoff.Next());
    }

    [TestMethod]
    [DataRow(0, 0.5)]
    [DataRow(1, 1.5)]
    public void A_pause_is_up_to_half_shorter_or_longer(double random, double seconds) =>
        Assert.AreEqual(TimeSpan.FromSeconds(seconds), new Backoff(First, Longest, () => random).Next());
}
