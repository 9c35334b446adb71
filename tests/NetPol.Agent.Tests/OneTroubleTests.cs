namespace NetPol.Agent.Tests;

[TestClass, TestCategory("Unit")]
public sealed class OneTroubleTests
{
    [TestMethod]
    public void A_trouble_is_told_once_until_it_is_another_one_or_over()
    {
        var trouble = new OneTrouble();
        Assert.IsTrue(trouble.Is("no"));
        Assert.IsFalse(trouble.Is("no"));
        Assert.IsTrue(trouble.Is("never"));
        Assert.IsTrue(trouble.Is("no"));
        trouble.IsOver();
        Assert.IsNull(trouble.Message);
        Assert.IsTrue(trouble.Is("no"));
    }
}
