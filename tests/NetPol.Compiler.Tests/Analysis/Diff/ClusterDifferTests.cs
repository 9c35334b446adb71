using CsCheck;
using NetPol.Compiler.Analysis.Diff;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.RuleSets;
using NetPol.Testing.Agreement;
using NetPol.Testing.Generation;

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

    private static void AssertReported(ComparedClusters clusters, ReportedChanges reported, ComparedEnd from, ComparedEnd to, (Protocol Protocol, ushort Port) service)
    {
        var (before, after) = clusters.Evaluate(from, to, service);
        if (reported.Differ(from, to, service, Plain(before), Plain(after)) is { } fault)
            Assert.Fail($"{fault}\n{clusters}");
    }

    private static ConnectionVerdict Plain(ConnectionVerdict verdict) => new(verdict.Egress.Plain, verdict.Ingress.Plain);
}
