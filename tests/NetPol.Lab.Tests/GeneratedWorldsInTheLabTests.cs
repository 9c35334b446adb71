using CsCheck;
using NetPol.Compiler;
using NetPol.Model.Rules;
using NetPol.Testing;

namespace NetPol.Lab.Tests;

/// <summary>Generated worlds with real packets: oracle and kernel agree.</summary>
[TestClass]
public sealed class GeneratedWorldsInTheLabTests
{
    private const int Seconds = 45;
    private const int Draws = 400;

    public TestContext TestContext { get; set; } = null!;

    private static Gen<JudgedWorld> Worlds { get; } =
        from world in Generators.Worlds
        let buildable = GeneratedLab.Buildable(world)
        from connections in Generators.Connections(buildable).Array[Draws]
        select new JudgedWorld(buildable, GeneratedLab.Speakable(buildable, connections));

    [TestMethod]
    public void Packets_fare_as_the_oracle_says()
    {
        Labs.RequireRoot();
        int worlds = 0, allowed = 0, denied = 0;
        Worlds.Sample(
            world =>
            {
                var oracle = new PathOracle(world.Cluster);
                var expected = world.Connections.Select(c => (Connection: c, ExpectAllow: (bool?)(oracle.Judge(world.Cluster, c) == Verdict.Allow))).ToArray();
                using var lab = PolicyLab.Create(world.Cluster, world.Connections.SelectMany(c => new[] { c.Source, c.Destination }));
                lab.Load(PolicyCompiler.Compile(world.Cluster));
                var seen = lab.Probe(expected, TestContext.CancellationToken);
                worlds++;
                allowed += seen.Count(o => o.Allowed == true);
                denied += seen.Count(o => o.Allowed == false);
                Assert.AreEqual("", string.Join('\n', seen.Where(o => !o.Agrees)));
            },
            time: Seconds,
            threads: 1);
        TestContext.WriteLine($"{worlds} worlds, {allowed} connections seen to pass, {denied} to be dropped");
        Assert.IsGreaterThan(0, allowed);
        Assert.IsGreaterThan(0, denied);
    }
}
