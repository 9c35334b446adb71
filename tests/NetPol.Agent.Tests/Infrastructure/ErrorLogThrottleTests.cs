using NetPol.Agent.Infrastructure;

namespace NetPol.Agent.Tests.Infrastructure;

[TestClass, TestCategory("Unit")]
public sealed class ErrorLogThrottleTests
{
    [TestMethod]
    public void An_error_is_logged_once_until_it_changes_or_ends()
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
