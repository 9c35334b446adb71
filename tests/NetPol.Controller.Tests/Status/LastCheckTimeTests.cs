using NetPol.Controller.Status;

namespace NetPol.Controller.Tests.Status;

[TestClass, TestCategory("Unit")]
public sealed class LastCheckTimeTests
{
    private static readonly DateTimeOffset At = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [TestMethod]
    public void What_is_appended_is_split_off_again() =>
        Assert.AreEqual(("in force on 1 of 1 nodes (checked)", (DateTimeOffset?)At), LastCheckTime.Split(LastCheckTime.Append("in force on 1 of 1 nodes (checked)", At)));

    [TestMethod]
    [DataRow("")]
    [DataRow("in force on 1 of 1 nodes at generation 2")]
    [DataRow("in force (checked yesterday)")]
    [DataRow("in force (checked 2026-01-02T03:04:05Z) by one")]
    [DataRow("in force (checked ")]
    public void A_message_without_a_time_stays_as_it_is(string message) => Assert.AreEqual((message, null), LastCheckTime.Split(message));
}
