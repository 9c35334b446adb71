using NetPol.Cli.Infrastructure;
using NetPol.Cli.Input;
using NetPol.Compiler;
using NetPol.Model.Cluster;
using NetPol.Model.Diagnostics;
using NetPol.Model.Policies;
using NetPol.Testing.Clusters;

namespace NetPol.Cli.Tests.Input;

[TestClass, TestCategory("Unit")]
public sealed class CompileCheckTests
{
    private static readonly ClusterSnapshot Cluster = new TestCluster().Pod("shop/web", "10.0.0.1").WithPolicies(Make.NetworkPolicy("shop/boom", egress: [])).Snapshot;

    [TestMethod]
    public void What_compiles_has_no_diagnostics() => Assert.IsEmpty(CompileCheck.Check(Cluster));

    [TestMethod]
    public void A_policy_that_cannot_be_compiled_is_an_error_with_object_and_remedy()
    {
        var reported = Assert.ContainsSingle(CompileCheck.Check(Cluster, policy => Fail(policy.Isolation is null)));
        Assert.AreEqual(("cannot-be-compiled", Severity.Error, "NetworkPolicy shop/boom"), (reported.Code, reported.Severity, reported.Subject));
        Assert.AreEqual("it cannot be compiled: the test fails it: a controller isolates it, so that it allows nothing; rewrite it, and report this", reported.Message);
    }

    [TestMethod]
    public void What_cannot_be_compiled_however_much_is_isolated_is_one_error() =>
        Assert.Contains("even with policies isolated", Assert.ContainsSingle(CompileCheck.Check(Cluster, _ => Fail(true))).Message);

    [TestMethod]
    public void What_compiles_is_compiled_as_it_is()
    {
        var (cluster, rules) = CompileCheck.Compile(Cluster, w => PolicyCompiler.Compile(w));
        Assert.AreSame(Cluster, cluster);
        Assert.AreEqual(PolicyCompiler.Compile(Cluster), rules);
    }

    [TestMethod]
    public void What_a_command_compiles_has_the_policy_at_fault_isolated_and_all_others_as_they_are()
    {
        var all = new TestCluster().Pod("shop/web", "10.0.0.1").Pod("mail/in", "10.0.0.2").WithPolicies(Make.NetworkPolicy("shop/boom", egress: [Make.Allow(Make.Anyone())]), Make.NetworkPolicy("mail/fine", ingress: [])).Snapshot;
        var (cluster, rules) = CompileCheck.Compile(all, w => w.Policies.Any(IsAtFault) ? throw new InvalidOperationException("the test fails it") : PolicyCompiler.Compile(w), p => Fail(IsAtFault(p)));
        var isolated = all.WithIsolatedPolicies(new Dictionary<PolicyId, IsolationDegree> { [new(PolicyKind.NetworkPolicy, "shop", "boom")] = IsolationDegree.AllowsNothing }, "it cannot be compiled: the test fails it");
        Assert.AreEqual(isolated, cluster);
        Assert.AreEqual(PolicyCompiler.Compile(isolated), rules);

        static bool IsAtFault(Policy policy) => policy.Id.Name == "boom" && policy.Isolation is null;
    }

    [TestMethod]
    public void What_cannot_be_compiled_ends_a_command_with_words()
    {
        var refusal = Assert.ThrowsExactly<CommandException>(() => CompileCheck.Compile<object>(Cluster, _ => throw new InvalidOperationException("the test fails it"), _ => Fail(true)));
        Assert.AreEqual("nothing was compiled", refusal.Message);
    }

    [TestMethod]
    public void What_no_policy_causes_is_not_hidden() =>
        Assert.ThrowsExactly<InvalidOperationException>(() => CompileCheck.Compile<object>(Cluster, _ => throw new InvalidOperationException("a mistake of ours")));

    private static void Fail(bool fails)
    {
        if (fails)
            throw new InvalidOperationException("the test fails it");
    }
}
