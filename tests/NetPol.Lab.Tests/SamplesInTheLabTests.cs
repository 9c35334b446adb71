using NetPol.Compiler;
using NetPol.Kubernetes;
using NetPol.Lab.Probing;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;
using NetPol.Model.Rules;
using NetPol.Protocol.Flows;
using NetPol.Rendering;
using NetPol.Testing;
using NetPol.Testing.Samples;

namespace NetPol.Lab.Tests;

/// <summary>Every folder of <c>policy-samples</c>, with real packets.</summary>
[TestClass]
public sealed class SamplesInTheLabTests
{
    public static IEnumerable<string> Names => Sample.All().Select(s => s.Name);

    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    [DynamicData(nameof(Names))]
    public async Task Packets_fare_as_the_sample_expects_and_every_denied_one_is_recorded(string name)
    {
        var sample = Sample.Named(name);
        var world = WorldCompletion.Complete(ManifestLoader.Load(sample.Manifests, null).Snapshot);
        var expected = sample.Expected.In(world);
        using var lab = PolicyLab.Create(world, expected.SelectMany(e => new[] { e.Connection.Source, e.Connection.Destination }));
        var ruleSets = PolicyCompiler.Compile(world);
        lab.Load(ruleSets, LabFlowRecords.Settings);
        using var records = new LabFlowRecords(lab, ruleSets);

        foreach (var rules in ruleSets)
            Assert.IsTrue(TableDiff.Between(lab.Read(rules.Node), Renderer.Render(rules, LabFlowRecords.Settings)).IsEmpty, $"the table on {rules.Node} is not what was written");
        var seen = await lab.ProbeAsync(expected.Select(e => (e.Connection, (bool?)(e.Verdict == Verdict.Allow))), TestContext.CancellationToken);
        var wrong = expected.Zip(seen).Where(pair => !pair.Second.Agrees).Select(pair => $"{pair.First}: expected {pair.First.Verdict}, seen {pair.Second}");
        Assert.AreEqual("", string.Join('\n', wrong));
        var denied = expected.Zip(seen).Where(pair => pair.Second.Outcome != ProbeOutcome.NeverLeft).Select(pair => Denial(world, ruleSets, pair.First.Connection));
        Assert.AreEqual(Lines(denied.OfType<string>().Distinct(StringComparer.Ordinal)), Lines(records.Take().Select(Told)));
    }

    /// <summary>What the record of a connection must tell, as the policies mean it; null for one that passes, or that a node holds because it does not know the pod.</summary>
    private static string? Denial(ClusterSnapshot world, IReadOnlyList<NodeRuleSet> ruleSets, Connection connection)
    {
        var verdict = Oracle.Judge(world, connection);
        var decision = verdict.Egress.Verdict == Verdict.Deny ? verdict.Egress : verdict.Ingress;
        if (decision.Verdict == Verdict.Allow || ruleSets.Select(r => new RuleSetEvaluator(r)).Any(r => r.Holds(connection.Source) || r.Holds(connection.Destination)))
            return null;
        var judged = decision.Direction == Direction.Egress ? connection.Source : connection.Destination;
        return $"on {PolicyLab.Owners(world)[judged].Node}: {connection}: {decision}";
    }

    private static string Told(FlowRecord record) =>
        $"on {record.Node}: {new Connection(record.Source.Address, record.Destination.Address, (Model.Protocol)record.Protocol, record.Destination.Port ?? 0)}: {record.Decision}";

    private static string Lines(IEnumerable<string> lines) => string.Join('\n', lines.Order(StringComparer.Ordinal));
}
