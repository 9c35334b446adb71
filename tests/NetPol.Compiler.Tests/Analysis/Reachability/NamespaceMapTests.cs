using NetPol.Compiler.Analysis.Reachability;
using NetPol.Model.Cluster;
using NetPol.Model.RuleSets;
using NetPol.Testing.Agreement;
using NetPol.Testing.Clusters;
using NetPol.Testing.Generation;
using static NetPol.Testing.Clusters.Make;

namespace NetPol.Compiler.Tests.Analysis.Reachability;

/// <summary>The namespace map agrees with the oracle's verdicts for all live pods, on every port.</summary>
[TestClass]
public sealed class NamespaceMapTests
{
    [TestMethod]
    public void Map_agrees_with_the_oracle() => Generators.Clusters.ForAll(25, cluster =>
    {
        var map = NamespaceMapper.CreateMap(cluster);
        var evaluated = Evaluated(cluster);
        for (var from = 0; from < map.Namespaces.Count; from++)
        {
            for (var to = 0; to < map.Namespaces.Count; to++)
            {
                var expected = evaluated.GetValueOrDefault((map.Namespaces[from], map.Namespaces[to]));
                Assert.AreEqual(expected, map[from, to], $"{map.Namespaces[from]} to {map.Namespaces[to]} of {new ClusterSample(cluster, [])}");
            }
        }
    });

    [TestMethod]
    public void Generated_clusters_cover_every_reach() => Assert.AreEqual(
        string.Join(' ', Enum.GetValues<Reach>()),
        string.Join(' ', Generators.Clusters.Draw(40).SelectMany(w => Evaluated(w).Values).Append(Reach.NoPods).Distinct().Order()));

    [TestMethod]
    public void Single_pod_and_empty_namespace_have_no_connections()
    {
        var map = NamespaceMapper.CreateMap(new TestCluster()
            .Namespace("bank").Namespace("empty").Namespace("shop").Node("node-1", "192.168.0.1")
            .Pod("bank/safe", "10.0.0.1").Pod("shop/web", "10.0.0.2").Pod("shop/db", "10.0.0.3")
            .WithPolicies(NetworkPolicy("bank/closed", "", ingress: []), NetworkPolicy("shop/db", "", [Allow(PodsIn("bank"), "5432/TCP")]))
            .Snapshot);

        Assert.AreEqual("bank empty shop", string.Join(' ', map.Namespaces));
        Assert.AreEqual(Reach.NoPods, map[0, 0]);
        Assert.AreEqual(Reach.NoPods, map[0, 1]);
        Assert.AreEqual(Reach.Partial, map[0, 2]);
        Assert.AreEqual(Reach.Closed, map[2, 0]);
        Assert.AreEqual(Reach.Closed, map[2, 2]);
    }

    private static Dictionary<(string From, string To), Reach> Evaluated(ClusterSnapshot cluster)
    {
        var clusters = new ComparedClusters(cluster, cluster);
        var found = new Dictionary<(string From, string To), Reach>();
        foreach (var (from, to) in clusters.Pairs().Where(p => p.From.Pod is { Finished: false } && p.To.Pod is { Finished: false } && p.From != p.To))
        {
            var key = (from.Pod!.Id.Namespace, to.Pod!.Id.Namespace);
            foreach (var service in clusters.Services)
            {
                var verdict = clusters.Evaluate(from, to, service).New;
                var isAllowed = verdict.Egress.Verdict == Verdict.Allow && verdict.Ingress.Verdict == Verdict.Allow;
                found[key] = found.GetValueOrDefault(key) | (isAllowed ? Reach.Open : Reach.Closed);
            }
        }
        return found;
    }
}
