using NetPol.Model.Cluster;
using NetPol.Model.Policies;
using NetPol.Testing.Agreement;
using NetPol.Testing.Clusters;
using static NetPol.Testing.Clusters.Make;

namespace NetPol.Compiler.Tests;

/// <summary>If a policy cannot be compiled, it is isolated, and all other policies are unaffected.</summary>
[TestClass]
public sealed class FailingPolicyTests
{
    private readonly HashSet<(string Name, IsolationDegree? Degree)> _failing = [];
    private readonly IncrementalCompiler _compiler;
    private ClusterSnapshot _cluster = ClusterSnapshot.Empty;

    public FailingPolicyTests() => _compiler = new(policy =>
    {
        if (_failing.Contains((policy.Id.Name, policy.Isolation?.Degree)))
            throw new InvalidOperationException($"the test fails {policy.Id.Name}");
    });

    [TestMethod]
    public void Failing_policy_is_isolated_and_the_rest_compiled()
    {
        Apply(Start());
        Fail("bad");
        Apply(With(Start(), NetworkPolicy("b/bad", "app=db", ingress: [Allow(Anyone())]), NetworkPolicy("a/lock", ingress: [])));
        AssertIsolated("bad");
        AssertRules(p => p.Name == "bad" ? IsolationDegree.AllowsNothing : null);
        StringAssert.Contains(_compiler.IsolatedPolicies.Single().Value.Reason, "the test fails bad");
    }

    [TestMethod]
    public void The_first_state_is_compiled_with_all_policies_that_do_not_fail()
    {
        Fail("bad");
        Fail("worse");
        Apply(With(Start(), NetworkPolicy("b/bad", "app=db", ingress: [Allow(Anyone())]), NetworkPolicy("b/worse", ingress: [Allow(Anyone())]), NetworkPolicy("a/lock", ingress: [])));
        AssertIsolated("bad", "worse");
        AssertRules(p => p.Name is "bad" or "worse" ? IsolationDegree.AllowsNothing : null);
    }

    [TestMethod]
    public void Isolation_ends_with_the_next_change_of_the_policy()
    {
        Fail("bad");
        var bad = NetworkPolicy("b/bad", "app=db", ingress: [Allow(Anyone())]);
        Apply(With(Start(), bad));
        _failing.Clear();
        Apply(With(Start(), bad, NetworkPolicy("a/lock", ingress: [])));
        AssertIsolated("bad");
        // The unchanged policy, as after a new list of the watch.
        _compiler.Apply(new() { Policies = [new(bad.Id, bad)] });
        AssertIsolated("bad");
        Apply(With(Start(), bad with { Ingress = [] }, NetworkPolicy("a/lock", ingress: [])));
        AssertIsolated();
        AssertRules(_ => null);
    }

    [TestMethod]
    public void A_policy_that_failed_and_is_deleted_is_forgotten()
    {
        Fail("bad");
        Apply(With(Start(), NetworkPolicy("b/bad", "app=db", ingress: [Allow(Anyone())])));
        Apply(Start());
        AssertIsolated();
        AssertRules(_ => null);
    }

    [TestMethod]
    public void A_denial_that_fails_even_alone_denies_every_peer()
    {
        Fail("bad");
        _failing.Add(("bad", IsolationDegree.AllowsNothing));
        Apply(With(Start(), Admin("bad", 1, InNamespaces(pods: "app=db"), ingress: [Deny(Pods(), "80/TCP")]), Admin("good", 1, InNamespaces(), ingress: [Deny(Pods(), "1/TCP")])));
        AssertIsolated("bad");
        Assert.AreEqual(IsolationDegree.DeniesEveryPeer, _compiler.IsolatedPolicies.Single().Value.Degree);
        AssertRules(p => p.Name == "bad" ? IsolationDegree.DeniesEveryPeer : null);
    }

    [TestMethod]
    public void Policy_that_fails_in_a_full_compilation_is_isolated()
    {
        Apply(With(Start(), NetworkPolicy("b/bad", "app=db", ingress: [Allow(Anyone())]), NetworkPolicy("b/good", "app=other", ingress: [Allow(Anyone(), "http/TCP")])));
        Fail("bad");
        Fail("new");
        Apply(With(
            Start().Pod("b/late", "10.0.0.9", "app=db", "http=81/TCP"), NetworkPolicy("b/bad", "app=db", ingress: [Allow(Anyone())]),
            NetworkPolicy("b/good", "app=other", ingress: [Allow(Anyone(), "http/TCP")]), NetworkPolicy("b/new", "app=db", ingress: [Allow(Anyone())])));
        AssertIsolated("bad", "new");
        AssertRules(p => p.Name is "bad" or "new" ? IsolationDegree.AllowsNothing : null);
    }

    [TestMethod]
    public void Rules_stay_while_no_isolation_helps()
    {
        Apply(With(Start(), NetworkPolicy("b/good", "app=db", ingress: [Allow(Anyone(), "80/TCP")])));
        var before = _compiler.RulesOf("node-1").RuleSet;
        Fail("bad");
        _failing.Add(("bad", IsolationDegree.AllowsNothing));
        Apply(With(Start(), NetworkPolicy("b/good", "app=db", ingress: [Allow(Anyone(), "80/TCP")]), NetworkPolicy("b/bad", ingress: [])));
        Assert.IsNotNull(_compiler.Failure);
        Assert.AreEqual(before, _compiler.RulesOf("node-1").RuleSet);
        _failing.Clear();
        Apply(With(Start(), NetworkPolicy("b/good", "app=db", ingress: [Allow(Anyone(), "81/TCP")]), NetworkPolicy("b/bad", ingress: [])));
        Assert.IsNull(_compiler.Failure);
        AssertIsolated();
        AssertRules(_ => null);
    }

    [TestMethod]
    public void Failing_policies_are_found_in_few_trials()
    {
        PolicyId[] all = [.. Enumerable.Range(0, 1024).Select(i => new PolicyId(PolicyKind.NetworkPolicy, "a", $"p{i:D4}"))];
        var search = new IsolationSearch([], all);
        var trials = 0;
        for (; search.Trial is { } trial; trials++)
            search.Report(trial.ContainsKey(all[77]) && trial.ContainsKey(all[900]));
        CollectionAssert.AreEquivalent(new[] { all[77], all[900] }, search.Result!.Keys.ToArray());
        Assert.IsLessThan(50, trials);
    }

    private void Fail(string name, IsolationDegree? degree = null) => _failing.Add((name, degree));

    private void Apply(TestCluster cluster)
    {
        var after = cluster.Snapshot;
        _compiler.Apply(ClusterDifference.Between(_cluster, after));
        _cluster = after;
    }

    private void AssertIsolated(params string[] names) => CollectionAssert.AreEqual(names, _compiler.IsolatedPolicies.Keys.Order().Select(p => p.Name).ToArray());

    /// <summary>Checks that the rules equal those of a full compilation with these policies isolated.</summary>
    private void AssertRules(Func<PolicyId, IsolationDegree?> isolated)
    {
        var degrees = _cluster.Policies.Where(p => isolated(p.Id) is not null).ToDictionary(p => p.Id, p => isolated(p.Id)!.Value);
        foreach (var rules in PolicyCompiler.Compile(_cluster.WithIsolatedPolicies(degrees, "the test")))
            Assert.AreEqual(rules, _compiler.RulesOf(rules.Node).RuleSet, rules.Node);
    }

    private static TestCluster With(TestCluster cluster, params Policy[] policies) => cluster.WithPolicies(policies);

    private static TestCluster Start() => new TestCluster().Pod("a/web", "10.0.0.1", "app=web").Pod("b/db", "10.0.0.2", "app=db").Pod("b/other", "10.0.0.3", "app=other", "http=80/TCP", "node-2");
}
