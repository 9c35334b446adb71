using System.Text.RegularExpressions;

namespace NetPol.Architecture.Tests;

/// <summary>The pages of <c>docs/reference</c> have the names that users see: those of the code, and no others.</summary>
[TestClass]
public sealed partial class ReferenceTests
{
    private static readonly string[] Sources = [.. SourceTree.CSharp.Where(f => f.StartsWith("src/", StringComparison.Ordinal)).Select(f => File.ReadAllText(SourceTree.Absolute(f)))];

    [TestMethod]
    public void Metrics_has_every_instrument_and_no_other()
    {
        var instruments = Literals(Instrument()).Select(n => n.Replace('.', '_')).ToHashSet(StringComparer.Ordinal);
        Assert.IsGreaterThan(40, instruments.Count);
        var written = Page("metrics").Split('\n').Select(l => MetricRow().Match(l)).Where(m => m.Success).Select(m => m.Groups["name"].Value).ToHashSet(StringComparer.Ordinal);
        Assert.AreEqual("", string.Join(", ", instruments.Where(i => !written.Any(w => Base(w) == i || w == i))), "not in the page");
        Assert.AreEqual("", string.Join(", ", written.Where(w => !instruments.Contains(Base(w)) && !instruments.Contains(w))), "not in the code");
    }

    [TestMethod]
    public void Metrics_has_every_alert_and_no_other()
    {
        var alerts = Alert().Matches(File.ReadAllText(SourceTree.Absolute("manifests/monitoring/rules.yaml"))).Select(m => m.Groups["name"].Value).Order(StringComparer.Ordinal);
        var written = AlertRow().Matches(Page("metrics")).Select(m => m.Groups["name"].Value).Order(StringComparer.Ordinal);
        Assert.AreEqual(string.Join('\n', alerts), string.Join('\n', written));
    }

    [TestMethod]
    public void Flow_record_has_every_attribute()
    {
        var attributes = Literals(Attribute()).ToList();
        Assert.IsGreaterThan(10, attributes.Count);
        Assert.AreEqual("", string.Join(", ", attributes.Where(a => !Page("flow-record").Contains($"`{a}`", StringComparison.Ordinal))));
    }

    [TestMethod]
    public void Configuration_has_every_flag_of_controller_and_agent()
    {
        var page = Page("configuration");
        string[] options = ["src/NetPol.Agent/Infrastructure/AgentOptions.cs", "src/NetPol.Controller/Infrastructure/ControllerOptions.cs", "src/NetPol.Hosting/Settings.cs"];
        var flags = options.SelectMany(f => Setting().Matches(File.ReadAllText(SourceTree.Absolute(f))).Select(m => $"--{(m.Groups["kind"].Value is "Budget" ? "namespace-" : "")}{m.Groups["name"].Value}"))
            .Append("--config").Distinct(StringComparer.Ordinal).ToList();
        Assert.IsGreaterThan(30, flags.Count);
        Assert.AreEqual("", string.Join(", ", flags.Where(f => !page.Contains($"`{f} ", StringComparison.Ordinal) && !page.Contains($"`{f}`", StringComparison.Ordinal))));
    }

    [TestMethod]
    public void Conditions_and_events_has_every_type_and_reason()
    {
        string[] ofKubernetes = ["True", "False", "Warning", "NetworkPolicy"];
        var words = SourceTree.CSharp.Where(f => f.StartsWith("src/NetPol.Controller/Status/", StringComparison.Ordinal))
            .SelectMany(f => Word().Matches(File.ReadAllText(SourceTree.Absolute(f))).Select(m => m.Groups["name"].Value)).Distinct(StringComparer.Ordinal).Except(ofKubernetes, StringComparer.Ordinal).ToList();
        Assert.IsGreaterThan(12, words.Count);
        Assert.AreEqual("", string.Join(", ", words.Where(w => !Page("conditions-and-events").Contains($"`{w}`", StringComparison.Ordinal))));
    }

    [TestMethod]
    public void Annotations_has_every_annotation()
    {
        var names = Literals(Annotation()).ToList();
        Assert.HasCount(3, names);
        Assert.AreEqual("", string.Join(", ", names.Where(n => !Page("annotations").Contains($"`netpol.io/{n}`", StringComparison.Ordinal))));
    }

    private static string Page(string name) => File.ReadAllText(SourceTree.Absolute($"docs/reference/{name}.md"));

    private static IEnumerable<string> Literals(Regex pattern) => Sources.SelectMany(s => pattern.Matches(s).Select(m => m.Groups["name"].Value)).Distinct(StringComparer.Ordinal);

    /// <summary>The name without what Prometheus adds.</summary>
    private static string Base(string metric) => Suffix().Replace(metric, "");

    [GeneratedRegex(@"\.Create(Observable)?(Counter|Gauge|UpDownCounter|Histogram)(<\w+>)?\(\s*""(?<name>netpol\.[a-z_.]+)""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Instrument();

    [GeneratedRegex(@"new\(""(?<name>netpol\.[a-z_.]+)""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Attribute();

    [GeneratedRegex(@"^\| `(?<name>netpol_[a-z_]+)` \|", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex MetricRow();

    [GeneratedRegex(@"^\| `(?<name>NetPol\w+)` \|", RegexOptions.ExplicitCapture | RegexOptions.Multiline, 1000)]
    private static partial Regex AlertRow();

    [GeneratedRegex(@"- alert: (?<name>\w+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Alert();

    [GeneratedRegex(@"^ +(?<kind>new|Budget)\(""(?<name>[a-z][a-z-]*)"", \$?""", RegexOptions.ExplicitCapture | RegexOptions.Multiline, 1000)]
    private static partial Regex Setting();

    [GeneratedRegex(@"(?<!cref=)""(?<name>[A-Z][a-z]+([A-Z][a-z]+)*)""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Word();

    [GeneratedRegex(@"= Prefix \+ ""(?<name>[a-z]+)""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Annotation();

    [GeneratedRegex("(_seconds)?(_total)?$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Suffix();
}
