using System.Text.RegularExpressions;
using NetPol.Model;
using NetPol.Model.Net;
using NetPol.Nftables;
using NetPol.Testing.Infrastructure;

namespace NetPol.Rendering.Tests;

/// <summary>docs/reference/nftables.md lists the name of every kernel object that is rendered, and no other name.</summary>
[TestClass, TestCategory("Unit")]
public sealed partial class ObjectReferenceTests
{
    private static readonly string[] Lines = File.ReadAllLines(Repository.Path("docs", "reference", "nftables.md"));

    /// <summary>The values of the placeholders that have few values: each of them must exist. Other placeholders are ids.</summary>
    private static readonly (string Placeholder, string[] Values)[] Expanded =
        [("<point>", ["pod-egress", "pod-ingress", "pod-to-host"]), ("<family>", ["4", "6"])];

    [TestMethod]
    [DataRow("Chains (inet)")]
    [DataRow("Sets (inet)")]
    [DataRow("Maps (inet)")]
    [DataRow("Counters (inet)")]
    [DataRow("Chains (bridge)")]
    [DataRow("Sets (bridge)")]
    [DataRow("Counters (bridge)")]
    public void The_reference_lists_every_object(string section)
    {
        var names = NamesOf(section).ToList();
        var patterns = Patterns(section).ToList();
        Assert.IsNotEmpty(names);
        Assert.AreEqual("", string.Join(", ", names.Where(n => patterns.Count(p => p.IsMatch(n)) != 1)), "rendered, and not in one row of the page");
        Assert.AreEqual("", string.Join(", ", patterns.Where(p => !names.Exists(p.IsMatch))), "in the page, and not rendered");
    }

    [TestMethod]
    public void Every_section_is_compared() => Assert.AreEqual(
        "Chains (inet), Sets (inet), Maps (inet), Counters (inet), Chains (bridge), Sets (bridge), Counters (bridge)",
        string.Join(", ", Lines.Where(l => l.StartsWith("### ", StringComparison.Ordinal)).Select(l => l[4..])));

    [TestMethod]
    public void The_bridge_table_has_no_maps() => Assert.IsEmpty(Bridge().Sets.Values.Where(s => s.Set.IsVerdictMap));

    private static IEnumerable<string> NamesOf(string section)
    {
        var table = section.EndsWith("(bridge)", StringComparison.Ordinal) ? Bridge() : Inet();
        return section[..section.IndexOf(' ', StringComparison.Ordinal)] switch
        {
            "Chains" => table.Chains.Keys,
            "Sets" => table.Sets.Values.Where(s => !s.Set.IsVerdictMap).Select(s => s.Set.Name),
            "Maps" => table.Sets.Values.Where(s => s.Set.IsVerdictMap).Select(s => s.Set.Name),
            _ => table.Counters.Keys,
        };
    }

    /// <summary>A table with every kind of object: one pod with every kind of entry, an identity at each enforcement point, and an accumulator.</summary>
    private static TableState Inet()
    {
        var rules = SmallRuleSet.Value with { PodToHost = SmallRuleSet.Value.PodToHost with { Identities = [new(3)] } };
        var wanted = Renderer.Render(rules);
        var decision = wanted.Counters.Values.First(c => ObjectNames.DecisionOf(c.Name) is not null);
        var fold = CounterRetention.Fold([new(decision.Name, 1, 1) { Tag = decision.Tag }], new HashSet<string>([decision.Name], StringComparer.Ordinal));
        var accumulators = fold.Steps.SelectMany(s => s.Operations).OfType<Operation.AddCounter>().Select(a => a.Counter);
        return new(wanted.Name, wanted.Comment, wanted.Counters.Values.Concat(accumulators), wanted.Sets.Values, wanted.Chains.Values);
    }

    private static TableState Bridge() => BridgeTable.Render([new("veth0a", ValueArray.Create([IpAddress.Parse("10.9.0.1")]), HasIngressPolicies: true)], ["docker1"]);

    private static IEnumerable<Regex> Patterns(string section) => Lines
        .SkipWhile(l => l != $"### {section}").Skip(1).TakeWhile(l => !l.StartsWith('#'))
        .Select(l => Row().Match(l)).Where(m => m.Success)
        .SelectMany(m => Expand(m.Groups["name"].Value))
        .Select(n => new Regex($"^{Id().Replace(n, "[0-9a-f]{32}")}$", RegexOptions.None, TimeSpan.FromSeconds(1)));

    private static IEnumerable<string> Expand(string name) => Expanded.Aggregate<(string Placeholder, string[] Values), IEnumerable<string>>(
        [name], (names, e) => names.SelectMany(n => e.Values.Select(v => n.Replace(e.Placeholder, v, StringComparison.Ordinal)).Distinct(StringComparer.Ordinal)));

    [GeneratedRegex("^\\| `(?<name>[^`]+)` \\|", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Row();

    [GeneratedRegex("<(identity|port-policy|decision|series)>", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Id();
}
