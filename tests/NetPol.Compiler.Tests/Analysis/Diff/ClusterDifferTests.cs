using CsCheck;
using NetPol.Compiler.Analysis.Diff;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;
using NetPol.Testing.Agreement;
using NetPol.Testing.Clusters;
using NetPol.Testing.Generation;
using static NetPol.Testing.Clusters.Make;

namespace NetPol.Compiler.Tests.Analysis.Diff;

/// <summary>A comparison reports exactly the connections for which the oracle's verdicts of the two clusters differ.</summary>
[TestClass]
public sealed class ClusterDifferTests
{
    private static readonly Gen<(ClusterSnapshot Before, ClusterSnapshot After)> Pairs = CompilerAgreement.Walks
        .Select((cluster, steps) => (cluster, steps.Aggregate(cluster, (at, step) => step.Apply(at))));

    [TestMethod]
    public void Exactly_the_changed_connections_are_reported() => Pairs.ForAll(12, pair =>
    {
        var clusters = new ComparedClusters(pair.Before, pair.After);
        var reported = new ReportedChanges(ClusterDiffer.Compare(pair.Before, pair.After, deciders: true));
        foreach (var (from, to) in clusters.Pairs())
        {
            foreach (var service in clusters.Services)
                AssertReported(clusters, reported, from, to, service);
        }
    });

    [TestMethod]
    public void Sampled_connections_of_generated_clusters_are_reported_correctly() => Pairs.SelectMany(
        pair => Gen.Select(Gen.Int[0, 1_000_000].Array[60], places => (pair, places))).ForAll(600, sample =>
    {
        var clusters = new ComparedClusters(sample.pair.Before, sample.pair.After);
        var reported = new ReportedChanges(ClusterDiffer.Compare(sample.pair.Before, sample.pair.After, deciders: true));
        var questions = (from pair in clusters.Pairs() select pair).ToList();
        foreach (var place in questions.Count == 0 ? [] : sample.places)
        {
            var (from, to) = questions[place % questions.Count];
            AssertReported(clusters, reported, from, to, clusters.Services[place % clusters.Services.Count]);
        }
    });

    [TestMethod]
    public void Policies_of_a_finished_pod_are_compared()
    {
        var before = WithJob(finished: true);
        var after = WithJob(finished: true).WithPolicies(NetworkPolicy("shop/job", "app=job", []));

        var diff = ClusterDiffer.Compare(before.Snapshot, after.Snapshot);

        Assert.IsTrue(diff.AddedPods.IsEmpty && diff.RemovedPods.IsEmpty);
        Assert.IsTrue(diff.Changes.All(c => c.Type == ConnectionChangeType.Closed && c.Ports == PortSet.Everything));
        Assert.AreEqual("shop/web -> shop/done; outside -> shop/done", string.Join("; ", diff.Changes.SelectMany(c => ChangedPairs(diff, c))));
    }

    [TestMethod]
    public void A_pod_that_finishes_stays_a_subject_and_leaves_the_peers()
    {
        Policy[] policies =
        [
            NetworkPolicy("shop/job", "app=job", [Allow(Pods("", "app=web"))]),
            NetworkPolicy("shop/web", "app=web", [Allow(Pods("", "app=job"))]),
        ];

        var diff = ClusterDiffer.Compare(WithJob(finished: false).WithPolicies(policies).Snapshot, WithJob(finished: true).WithPolicies(policies).Snapshot);

        Assert.IsTrue(diff.AddedPods.IsEmpty && diff.RemovedPods.IsEmpty);
        Assert.AreEqual("Closed shop/done -> shop/web", string.Join("; ", diff.Changes.SelectMany(c => ChangedPairs(diff, c).Select(p => $"{c.Type} {p}"))));
    }

    [TestMethod]
    public void A_finished_pod_is_removed_when_a_live_pod_has_its_address()
    {
        var before = WithJob(finished: true);
        var after = WithJob(finished: true).Pod("shop/next", "10.0.0.3", "app=next");

        var diff = ClusterDiffer.Compare(before.Snapshot, after.Snapshot);

        Assert.AreEqual("shop/next", string.Join(' ', diff.AddedPods));
        Assert.AreEqual("shop/done", string.Join(' ', diff.RemovedPods));
        Assert.IsTrue(diff.Changes.IsEmpty);
    }

    private static TestCluster WithJob(bool finished) =>
        new TestCluster().Pod("shop/web", "10.0.0.1", "app=web", "80/TCP").Pod("shop/done", "10.0.0.3", "app=job", finished: finished);

    private static IEnumerable<string> ChangedPairs(ClusterDiff diff, ConnectionChange change) => change.To.IsEmpty
        ? change.From.Select(f => $"{Name(diff, f)} -> itself")
        : change.From.SelectMany(f => change.To.Select(t => $"{Name(diff, f)} -> {Name(diff, t)}"));

    private static string Name(ClusterDiff diff, int group) => string.Join('+', diff.Groups[group] switch
    {
        { Pods.IsEmpty: false } pods => pods.Pods.Select(p => p.Id.ToString()),
        { Nodes.IsEmpty: false } nodes => nodes.Nodes.Select(n => n.Node),
        _ => ["outside"],
    });

    private static void AssertReported(ComparedClusters clusters, ReportedChanges reported, ComparedEnd from, ComparedEnd to, (Protocol Protocol, ushort Port) service)
    {
        var (before, after) = clusters.Evaluate(from, to, service);
        if (reported.Differ(from, to, service, Plain(before), Plain(after)) is { } fault)
            Assert.Fail($"{fault}\n{clusters}");
    }

    private static ConnectionVerdict Plain(ConnectionVerdict verdict) => new(verdict.Egress.Plain, verdict.Ingress.Plain);
}
