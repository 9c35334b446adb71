using NetPol.Controller.Status;

namespace NetPol.Controller.Tests.Status;

[TestClass, TestCategory("Unit")]
public sealed class LastCheckTimeTests
{
    private static readonly DateTimeOffset At = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [TestMethod]
    public void What_is_appended_is_split_off_again() =>
        Assert.AreEqual(("programmed on 1 of 1 nodes (checked)", (DateTimeOffset?)At), LastCheckTime.Split(LastCheckTime.Append("programmed on 1 of 1 nodes (checked)", At)));

    [TestMethod]
    [DataRow("")]
    [DataRow("programmed on 1 of 1 nodes at generation 2")]
    [DataRow("programmed (checked yesterday)")]
    [DataRow("programmed (checked 2026-01-02T03:04:05Z) by one")]
    [DataRow("programmed (checked ")]
    public void A_message_without_a_time_stays_as_it_is(string message) => Assert.AreEqual((message, null), LastCheckTime.Split(message));
}
