using NetPol.Agent.FlowLogs;

namespace NetPol.Agent.Tests.FlowLogs;

[TestClass, TestCategory("Unit")]
public sealed class CounterIncreaseTests
{
    [TestMethod]
    public void Growth_is_counted_from_the_first_look_on_and_over_a_table_that_is_made_anew()
    {
        var growth = new CounterIncrease();
        ulong?[] looks = [5, 7, 7, 3, null, 4, 9];
        Assert.IsTrue(looks.Select(growth.Next).SequenceEqual([0, 2, 0, 3, 0, 4, 5]));
    }

    [TestMethod]
    public void A_counter_that_comes_after_the_first_look_is_counted_whole()
    {
        var growth = new CounterIncrease();
        Assert.AreEqual(0, growth.Next(null));
        Assert.AreEqual(4, growth.Next(4));
    }
}
