using CsCheck;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;
using NetPol.Testing.Agreement;
using NetPol.Testing.Clusters;
using NetPol.Testing.Generation;
using static NetPol.Testing.Clusters.Make;

namespace NetPol.Compiler.Tests;

/// <summary>A namespace that is being deleted keeps its last policies for the pods that still run (CVE-2024-7598).</summary>
[TestClass]
public sealed class RetainedPoliciesTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 27, 12, 0, 0, TimeSpan.Zero);

    private readonly RetainedPolicies _retained = new();
    private readonly IncrementalCompiler _compiler = new();
    private ClusterSnapshot _cluster = ClusterSnapshot.Empty;
    private ClusterSnapshot _followed = ClusterSnapshot.Empty;
    private DateTimeOffset _now = Start;

    [TestMethod]
    public void Policies_that_go_before_their_pods_stay_programmed()
    {
        Become(Shop(terminating: false));
        AssertIs(Verdict.Deny);
        Become(Shop(terminating: true));
        Become(Shop(terminating: true, policy: false));
        AssertIs(Verdict.Deny);
        Assert.AreEqual("NetworkPolicy shop/closed", string.Join(", ", _retained.Ids));
        Become(Shop(terminating: true, policy: false, pod: false));
        AssertNothingIsKept();
    }

    [TestMethod]
    public void Policies_go_with_the_pods_when_both_go_in_one_batch()
    {
        Become(Shop(terminating: true));
        Become(Shop(terminating: true, policy: false, pod: false));
        AssertNothingIsKept();
    }

    [TestMethod]
    public void A_policy_that_goes_from_a_namespace_that_stays_goes_at_once()
    {
        Become(Shop(terminating: false));
        Become(Shop(terminating: false, policy: false));
        AssertIs(Verdict.Allow);
        AssertNothingIsKept();
    }

    [TestMethod]
    public void A_policy_comes_back_when_the_news_of_its_namespace_arrives_late()
    {
        Become(Shop(terminating: false));
        Become(Shop(terminating: false, policy: false));
        _now += RetainedPolicies.MaxWatchLag;
        Become(Shop(terminating: true, policy: false));
        AssertIs(Verdict.Deny);
        Become(Shop(terminating: true, policy: false, pod: false));
        AssertNothingIsKept();
    }

    [TestMethod]
    public void A_policy_that_was_deleted_long_before_its_namespace_does_not_come_back()
    {
        Become(Shop(terminating: false));
        Become(Shop(terminating: false, policy: false));
        _now += RetainedPolicies.MaxWatchLag + TimeSpan.FromSeconds(1);
        Become(Shop(terminating: true, policy: false));
        AssertIs(Verdict.Allow);
        AssertNothingIsKept();
    }

    [TestMethod]
    public void A_namespace_of_the_same_name_does_not_get_the_old_policies()
    {
        Become(Shop(terminating: true));
        Become(Shop(terminating: true, policy: false));
        Become(Shop(terminating: false, policy: false));
        AssertIs(Verdict.Allow);
        AssertNothingIsKept();
    }

    [TestMethod]
    public void Policies_stay_for_pods_that_are_seen_longer_than_their_namespace()
    {
        Become(Shop(terminating: true));
        Become(Shop(terminating: true, policy: false));
        Become(Shop(terminating: null, policy: false));
        AssertIs(Verdict.Deny);
        Become(Shop(terminating: null, policy: false, pod: false));
        AssertNothingIsKept();
    }

    [TestMethod]
    public void Cluster_scoped_policies_are_never_retained()
    {
        var admin = Admin("lock", 1, InNamespaces(), ingress: [Deny(Anyone())]);
        Become(Shop(terminating: true, policy: false, others: admin));
        AssertIs(Verdict.Deny);
        Become(Shop(terminating: true, policy: false));
        AssertIs(Verdict.Allow);
        AssertNothingIsKept();
    }

    /// <summary>Compares the result with the history of each policy.</summary>
    [TestMethod]
    public void Exactly_the_deferred_policies_stay_on_any_walk() => Gen.Select(Gen.Int[0, 6], Gen.Int[0, 1], Gen.Int[0, 40]).Array[1, 40].ForAll(2000, walk =>
    {
        var (retained, history, programmed) = (new RetainedPolicies(), new List<Moment>(), new HashSet<PolicyId>());
        var (moment, now) = (new Moment(Start, null, [], []), Start);
        foreach (var (what, which, seconds) in walk)
        {
            now = now.AddSeconds(seconds);
            var next = moment.Then(what, which, now);
            foreach (var (id, policy) in retained.Apply(ClusterDifference.Between(moment.Snapshot, next.Snapshot), now).Policies)
                _ = policy is null ? programmed.Remove(id) : programmed.Add(id);
            history.Add(moment = next);
            Assert.AreEqual(Text(next.Policies.Union(Waiting(history))), Text(programmed.Select(p => int.Parse(p.Name, null))), string.Join('\n', history));
        }
    });

    private static string Text(IEnumerable<int> policies) => string.Join(' ', policies.Distinct().Order());

    /// <summary>Returns the policies that must be retained: deleted while deletions are deferred, or shortly before that.</summary>
    private static IEnumerable<int> Waiting(List<Moment> history)
    {
        for (var policy = 0; policy < 2; policy++)
        {
            var there = history.FindLastIndex(m => m.Policies.Contains(policy));
            if (there < 0 || there == history.Count - 1)
                continue;
            var since = history[there + 1];
            var waits = history.FindIndex(there + 1, m => m.Waits);
            var had = waits >= 0 && (waits == there + 1 || (since.Pods.Count > 0 && history[waits].At - since.At <= RetainedPolicies.MaxWatchLag));
            if (had && history.Skip(waits).All(m => m.Waits))
                yield return policy;
        }
    }

    private static ClusterSnapshot Shop(bool? terminating, bool policy = true, bool pod = true, params Policy[] others)
    {
        var cluster = new TestCluster().Namespace("out").Pod("out/client", "10.0.0.9").WithPolicies(others);
        if (pod)
            cluster.Pod("shop/db", "10.0.0.1");
        if (policy)
            cluster.WithPolicies(NetworkPolicy("shop/closed", ingress: []));
        var state = cluster.NoNamespace("shop").Snapshot;
        return terminating is not { } isTerminating ? state : ClusterSnapshot.Create(
            state.Namespaces.Append(new Namespace("shop", Labels("kubernetes.io/metadata.name=shop")) { IsTerminating = isTerminating }), state.Pods, state.Nodes, state.Policies);
    }

    private void Become(ClusterSnapshot next)
    {
        var changes = _retained.Apply(ClusterDifference.Between(_cluster, next), _now);
        _ = _compiler.Apply(changes);
        var policies = _followed.Policies.ToDictionary(p => p.Id);
        foreach (var (id, policy) in changes.Policies)
        {
            _ = policies.Remove(id);
            if (policy is not null)
                policies.Add(id, policy);
        }
        _cluster = next;
        _followed = ClusterSnapshot.Create(next.Namespaces, next.Pods, next.Nodes, policies.Values);
        foreach (var rules in PolicyCompiler.Compile(_followed))
            Assert.AreEqual(rules, _compiler.RulesOf(rules.Node).RuleSet);
    }

    private void AssertIs(Verdict verdict)
    {
        var connection = new Connection(Address("10.0.0.9"), Address("10.0.0.1"), Protocol.Tcp, 22);
        Assert.AreEqual(verdict, new RuleSetEvaluator(_compiler.RulesOf("node-1").RuleSet).EvaluatePodIngress(connection).Verdict);
    }

    private void AssertNothingIsKept()
    {
        Assert.AreEqual(0, _retained.Count);
        Assert.AreEqual(_cluster, _followed);
    }

    /// <param name="At">The time of the state.</param>
    /// <param name="Terminating">Whether the namespace is being deleted. Null if it does not exist.</param>
    /// <param name="Pods">The existing pods, by number: 0 or 1.</param>
    /// <param name="Policies">The existing policies, by number: 0 or 1.</param>
    private sealed record Moment(DateTimeOffset At, bool? Terminating, HashSet<int> Pods, HashSet<int> Policies)
    {
        public bool Waits => Pods.Count > 0 && Terminating is not false;

        public ClusterSnapshot Snapshot => ClusterSnapshot.Create(
            Terminating is { } terminating ? [new Namespace("shop", NetPol.Model.Labels.None) { IsTerminating = terminating }] : [],
            Pods.Select(p => new Pod(new("shop", $"{p}"), NetPol.Model.Labels.None, "n1", [], [])), [],
            Policies.Select(p => NetworkPolicy($"shop/{p}", ingress: [])));

        public Moment Then(int what, int which, DateTimeOffset at) => what switch
        {
            0 => this with { At = at, Terminating = false },
            1 => this with { At = at, Terminating = true },
            2 => this with { At = at, Terminating = null },
            3 => this with { At = at, Pods = [.. Pods, which] },
            4 => this with { At = at, Pods = [.. Pods.Where(p => p != which)] },
            5 => this with { At = at, Policies = [.. Policies, which] },
            _ => this with { At = at, Policies = [.. Policies.Where(p => p != which)] },
        };

        public override string ToString() => $"{At:mm:ss} terminating {Terminating}, pods {string.Join(' ', Pods)}, policies {string.Join(' ', Policies)}";
    }
}
