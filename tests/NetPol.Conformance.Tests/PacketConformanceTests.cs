using NetPol.Compiler;
using NetPol.Lab.Tests;
using NetPol.Model.RuleSets;

namespace NetPol.Conformance.Tests;

/// <summary>Every probe of upstream's suites as a real packet through the rules in the kernel: one lab for each suite, one batch of probes for each step.</summary>
[TestClass, TestCategory("Kernel")]
public sealed class PacketConformanceTests
{
    /// <summary>All suites, also those in the other version of the API.</summary>
    public static IEnumerable<string> Suites => UpstreamSuite.All.Select(s => s.Name);

    public static IEnumerable<string> Translated => UpstreamSuite.All.Where(s => s.Version is not null).Select(s => s.Name);

    public required TestContext TestContext { get; init; }

    [TestMethod]
    [DynamicData(nameof(Suites))]
    public async Task Packets_match_upstream_expectations(string name)
    {
        var suite = UpstreamSuite.Named(name);
        LabFactory.RequireRoot();
        using var lab = PolicyLab.Create(suite.LoadCluster(), []);
        var (probes, wrong) = (0, new List<string>());
        foreach (var step in suite.Read())
        {
            lab.Load(PolicyCompiler.Compile(step.Cluster));
            var seen = await lab.ProbeAsync(step.Connections.Select(c => (c.Connection, (bool?)(c.Verdict == Verdict.Allow))), TestContext.CancellationToken);
            foreach (var (probe, observed) in step.Connections.Zip(seen))
            {
                probes++;
                if (observed.Allowed != (probe.Verdict == Verdict.Allow))
                    wrong.Add($"{step.Name}: {probe.Pods} {probe.Connection}: expected {probe.Verdict}, seen {observed}");
            }
        }
        TestContext.WriteLine($"{suite.Name}: {probes - wrong.Count} of {probes} probes");
        UpstreamData.Count(suite, "packets", probes - wrong.Count);
        Assert.AreEqual("", string.Join('\n', wrong));
    }

    [TestMethod]
    [DynamicData(nameof(Translated))]
    public void Both_versions_give_the_same_rule_sets(string name)
    {
        var translated = UpstreamSuite.Named(name);
        var written = UpstreamSuite.All.Single(s => s.Version is null && string.Equals(s.Steps, translated.Steps, StringComparison.Ordinal));
        var steps = 0;
        foreach (var (one, other) in translated.Read().Zip(written.Read()))
        {
            Assert.AreEqual(PolicyCompiler.Compile(other.Cluster), PolicyCompiler.Compile(one.Cluster), one.Name);
            steps++;
        }
        Assert.IsGreaterThan(0, steps);
    }
}
