using NetPol.Compiler;
using NetPol.Model.Cluster;
using NetPol.Model.Rules;
using NetPol.Rendering;
using NetPol.Testing;

namespace NetPol.Lab.Tests;

/// <summary>Rules of many networks that overlap, with real packets of both families: oracle and kernel agree, also after each edit.</summary>
[TestClass]
public sealed class OverlappingNetworksInTheLabTests
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
        Labs.RequireRoot();
        var networks = new OverlappingNetworks(seed);
        var world = networks.Draw(policies, most);
        var connections = GeneratedLab.Speakable(world, networks.Connections(world, Draws));
        using var lab = PolicyLab.Create(world, connections.SelectMany(c => new[] { c.Source, c.Destination }));
        var compiler = new IncrementalCompiler();
        compiler.Apply(Changes.Between(ClusterSnapshot.Empty, world));
        lab.Load([compiler.RulesOf("n1").RuleSet]);
        int allowed = 0, denied = 0;
        AssertAgree();
        for (var edit = 0; edit < 4; edit++)
        {
            var next = networks.Edit(world);
            if (!GeneratedLab.IsStillBuilt(world, next))
                continue;
            foreach (var delta in compiler.Apply(Changes.Between(world, next)))
                lab.Apply(delta);
            world = next;
            Assert.IsTrue(TableDiff.Between(lab.Read("n1"), Renderer.Render(compiler.RulesOf("n1").RuleSet)).IsEmpty, "the table is not that of the rule set");
            AssertAgree();
        }
        Assert.IsGreaterThan(0, allowed);
        Assert.IsGreaterThan(0, denied);

        void AssertAgree()
        {
            var oracle = new PathOracle(world);
            var seen = lab.Probe([.. connections.Select(c => (c, (bool?)(oracle.Judge(world, c) == Verdict.Allow)))], TestContext.CancellationToken);
            allowed += seen.Count(o => o.Allowed == true);
            denied += seen.Count(o => o.Allowed == false);
            Assert.AreEqual("", string.Join('\n', seen.Where(o => !o.Agrees)));
        }
    }
}
