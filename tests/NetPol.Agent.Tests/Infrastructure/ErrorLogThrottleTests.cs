using NetPol.Agent.Infrastructure;

namespace NetPol.Agent.Tests.Infrastructure;

[TestClass, TestCategory("Unit")]
public sealed class ErrorLogThrottleTests
{
    [TestMethod]
    public void A_failure_is_told_once_until_it_is_another_one_or_over()
    {
        var failure = new ErrorLogThrottle();
        Assert.IsTrue(failure.IsNew("no"));
        Assert.IsFalse(failure.IsNew("no"));
        Assert.IsTrue(failure.IsNew("never"));
        Assert.IsTrue(failure.IsNew("no"));
        failure.Clear();
        Assert.IsNull(failure.Message);
        Assert.IsTrue(failure.IsNew("no"));
    }
}
