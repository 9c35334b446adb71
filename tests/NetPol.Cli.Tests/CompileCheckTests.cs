using NetPol.Cli.Inputs;
using NetPol.Model.Cluster;
using NetPol.Model.Diagnostics;
using NetPol.Testing;

namespace NetPol.Cli.Tests;

[TestClass]
public sealed class CompileCheckTests
{
    private static readonly ClusterSnapshot Cluster = new World().Pod("shop/web", "10.0.0.1").With(Make.NetworkPolicy("shop/boom", egress: [])).Snapshot;

    [TestMethod]
    public void What_compiles_has_no_diagnostics() => Assert.IsEmpty(CompileCheck.Of(Cluster));

    [TestMethod]
    public void A_policy_that_cannot_be_compiled_is_an_error_with_object_and_remedy()
    {
        var told = Assert.ContainsSingle(CompileCheck.Of(Cluster, policy => Fail(policy.Isolation is null)));
        Assert.AreEqual(("cannot-be-compiled", Severity.Error, "NetworkPolicy shop/boom"), (told.Code, told.Severity, told.Subject));
        Assert.AreEqual("it cannot be compiled: the test fails it: a controller isolates it, so that it allows nothing; write it otherwise, and report this", told.Message);
    }

    [TestMethod]
    public void What_cannot_be_compiled_however_much_is_isolated_is_one_error() =>
        Assert.Contains("whatever policies are isolated", Assert.ContainsSingle(CompileCheck.Of(Cluster, _ => Fail(true))).Message);

    private static void Fail(bool fails)
    {
        if (fails)
            throw new InvalidOperationException("the test fails it");
    }
}
