using NetPol.Compiler;
using NetPol.Kubernetes.Manifests;
using NetPol.Lab.Probes;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;
using NetPol.Protocol.Flows;
using NetPol.Rendering;
using NetPol.Testing.Oracles;
using NetPol.Testing.Samples;

namespace NetPol.Lab.Tests;

/// <summary>Every folder of <c>policy-samples</c>, with real packets.</summary>
[TestClass]
public sealed class SamplePolicyTests
{
    public static IEnumerable<string> Names => Sample.All().Select(s => s.Name);

    public TestContext TestContext { get; set; } = null!;

    [TestMethod]
    [DynamicData(nameof(Names))]
    public async Task Packets_fare_as_the_sample_expects_and_every_denied_one_is_recorded(string name)
    {
        var sample = Sample.Named(name);
        var cluster = ManifestLoader.Load(sample.Manifests, null).Complete();
        var expected = sample.Expected.In(cluster);
        using var lab = PolicyLab.Create(cluster, expected.SelectMany(e => new[] { e.Connection.Source, e.Connection.Destination }));
        var ruleSets = PolicyCompiler.Compile(cluster);
        lab.Load(ruleSets, LabFlowRecords.Settings);
        using var records = new LabFlowRecords(lab, ruleSets);

        foreach (var rules in ruleSets)
            Assert.IsTrue(TableDiff.Between(lab.Read(rules.Node), Renderer.Render(rules, LabFlowRecords.Settings)).IsEmpty, $"the table on {rules.Node} is not what was written");
        var seen = await lab.ProbeAsync(expected.Select(e => (e.Connection, (bool?)(e.Verdict == Verdict.Allow))), TestContext.CancellationToken);
        var wrong = expected.Zip(seen).Where(pair => !pair.Second.Agrees).Select(pair => $"{pair.First}: expected {pair.First.Verdict}, seen {pair.Second}");
        Assert.AreEqual("", string.Join('\n', wrong));
        var denied = expected.Zip(seen).Where(pair => pair.Second.Outcome != ProbeOutcome.NotSent).SelectMany(pair => Recorded(cluster, ruleSets, pair.First.Connection));
        Assert.AreEqual(Lines(denied.Distinct(StringComparer.Ordinal)), Lines(records.Take().Select(Describe)));
    }

    /// <summary>Returns the flow records that the policies imply for a connection. Allowed connections, and those of pods that a node does not know as ready, leave none.</summary>
    private static IEnumerable<string> Recorded(ClusterSnapshot cluster, IReadOnlyList<NodeRuleSet> ruleSets, Connection connection)
    {
        if (ruleSets.Select(r => new RuleSetEvaluator(r)).Any(r => r.IsUnready(connection.Source) || r.IsUnready(connection.Destination)))
            yield break;
        var verdict = Oracle.Evaluate(cluster, connection);
        Decision[] evaluated = verdict.Egress.Verdict == Verdict.Deny ? [verdict.Egress] : [verdict.Egress, verdict.Ingress];
        foreach (var decision in evaluated.Where(d => d.Verdict == Verdict.Deny || d.Audit?.Verdict == Verdict.Deny))
        {
            var subject = decision.Direction == Direction.Egress ? connection.Source : connection.Destination;
            var place = $"on {PolicyLab.Owners(cluster)[subject].Node}: {connection}";
            yield return $"{place}: {decision.Plain}";
            if (decision.Audit is { } audit)
                yield return $"{place}: audit: {audit}";
        }
    }

    private static string Describe(FlowRecord record)
    {
        var connection = new Connection(record.Source.Address, record.Destination.Address, (NetPol.Model.Net.Protocol)record.Protocol, record.Destination.Port ?? 0);
        return $"on {record.Node}: {connection}: {(record.IsAudited ? "audit: " : "")}{record.Decision}";
    }

    private static string Lines(IEnumerable<string> lines) => string.Join('\n', lines.Order(StringComparer.Ordinal));
}
