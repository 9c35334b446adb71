using NetPol.Compiler;
using NetPol.Model.Cluster;
using NetPol.Model.RuleSets;
using NetPol.Rendering;
using NetPol.Testing.Agreement;
using NetPol.Testing.Clusters;

namespace NetPol.Lab.Tests;

/// <summary>Rules with many overlapping networks, with real packets of both families: oracle and kernel agree, also after each edit.</summary>
[TestClass]
public sealed class OverlappingCidrTests
{
    private const int Draws = 300;

    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    [DataRow(1, 2, 5)]
    [DataRow(2, 4, 40)]
    [DataRow(3, 3, 400)]
    [DataRow(4, 4, 3_000)]
    public void Packets_fare_as_the_oracle_says_after_every_edit(int seed, int policies, int most)
    {
        LabFactory.RequireRoot();
        var networks = new OverlappingNetworks(seed);
        var cluster = networks.Draw(policies, most);
        var connections = GeneratedLabCluster.Speakable(cluster, networks.Connections(cluster, Draws));
        using var lab = PolicyLab.Create(cluster, connections.SelectMany(c => new[] { c.Source, c.Destination }));
        var compiler = new IncrementalCompiler();
        compiler.Apply(ClusterDifference.Between(ClusterSnapshot.Empty, cluster));
        lab.Load([compiler.RulesOf("n1").RuleSet]);
        int allowed = 0, denied = 0;
        AssertAgree();
        for (var edit = 0; edit < 4; edit++)
        {
            var next = networks.Edit(cluster);
            if (!GeneratedLabCluster.IsStillBuilt(cluster, next))
                continue;
            foreach (var delta in compiler.Apply(ClusterDifference.Between(cluster, next)))
                lab.Apply(delta);
            cluster = next;
            Assert.IsTrue(TableDiff.Between(lab.Read("n1"), Renderer.Render(compiler.RulesOf("n1").RuleSet)).IsEmpty, "the table is not that of the rule set");
            AssertAgree();
        }
        Assert.IsGreaterThan(0, allowed);
        Assert.IsGreaterThan(0, denied);

        void AssertAgree()
        {
            var oracle = new PathOracle(cluster);
            var seen = lab.Probe([.. connections.Select(c => (c, (bool?)(oracle.Evaluate(cluster, c) == Verdict.Allow)))], TestContext.CancellationToken);
            allowed += seen.Count(o => o.Allowed == true);
            denied += seen.Count(o => o.Allowed == false);
            Assert.AreEqual("", string.Join('\n', seen.Where(o => !o.Agrees)));
        }
    }
}
