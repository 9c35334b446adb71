using NetPol.Kubernetes.Manifests;
using NetPol.Model.Diagnostics;

namespace NetPol.Kubernetes.Tests.Syntax;

/// <summary>YAML as kubectl 1.32 reads it: the lines are those that it named for the same text.</summary>
[TestClass, TestCategory("Unit")]
public sealed class YamlLineTests
{
    private const string Start = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: x\n";

    [TestMethod]
    [DataRow("\tlabels: {}\n", 5)]
    [DataRow("  labels:\n\t  a: b\n", 6)]
    [DataRow("  labels:\n    a: b\t\n\t\n    c: d\n", 7)]
    [DataRow("  finalizers:\n  -\ta\n", 6)]
    [DataRow("  finalizers:\n  -\t\n", 6)]
    [DataRow("  finalizers:\n  - \t# c\n    a\n", 6)]
    [DataRow("  finalizers:\n\n\t\n  - a\n", 7)]
    [DataRow("\t# comment\n  finalizers: []\n", 5)]
    public void A_misplaced_tab_is_an_error_in_its_line(string text, int line)
    {
        var error = ErrorOf(Start + text);

        Assert.AreEqual(line, error.Location!.Value.Line, error.Message);
        StringAssert.Contains(error.Message, "indent with spaces", StringComparison.Ordinal);
    }

    [TestMethod]
    [DataRow("  labels:\t\n    a:\tb\t# c\n")]
    [DataRow("  annotations:\n    a: |\n      text\n\n      \ttab\n    b: \"x\\\n      \ty\"\n")]
    [DataRow("  finalizers:\t# x\n  - a\n")]
    public void A_tab_between_words_is_none(string text) => Assert.IsFalse(Load(Start + text).HasErrors, string.Join('\n', Load(Start + text).Diagnostics));

    [TestMethod]
    [DataRow("  labels: {a: b\n", 5)]
    [DataRow("   labels: x\n", 5)]
    [DataRow(" labels: x\n", 4)]
    [DataRow("  labels:\n    a: b: c\n", 6)]
    [DataRow("  labels:\n    a: 'b\n", 7)]
    [DataRow("  labels:\n  - a\n   b: c\n", 7)]
    [DataRow("  finalizers:\n  - a\n - b\n", 6)]
    [DataRow("  finalizers: - a\n", 5)]
    [DataRow("  a: @x\n", 5)]
    [DataRow("  annotations:\n    a: \"b\\q\"\n", 6)]
    [DataRow("  annotations:\n    a: \"b\n  labels: {}\n", 8)]
    [DataRow("  annotations:\n    a: \"b\n  labels: { a: \"b\" }\n", 6)]
    [DataRow("  annotations: { a: 'b", 6)]
    [DataRow("  annotations:\n    a: |x\n", 6)]
    public void Fault_without_tabs_has_the_line_that_kubectl_names(string text, int line)
    {
        var error = ErrorOf(Start + text);

        Assert.AreEqual(line, error.Location!.Value.Line, error.Message);
        Assert.IsFalse(error.Message.Contains("tab", StringComparison.Ordinal), error.Message);
    }

    [TestMethod]
    [DataRow("  annotations:\n    a: \"b\n  labels: {}\n")]
    [DataRow("  annotations:\n    a: 'b\n")]
    public void An_open_quote_is_named_with_its_line(string text) => StringAssert.EndsWith(ErrorOf($"{Start}---\n{Start}{text}").Message, "The quote opens on line 11: close it there");

    [TestMethod]
    public void Lines_are_those_of_the_file_in_every_document() => Assert.AreEqual(10, ErrorOf($"{Start.Replace("name: x", "name: z", StringComparison.Ordinal)}---\n{Start}  a: @x\n").Location!.Value.Line);

    [TestMethod]
    [DataRow("on", "true")]
    [DataRow("y", "true")]
    [DataRow("Off", "false")]
    [DataRow("0x50", "80")]
    [DataRow("1_000", "1000")]
    [DataRow("1.50", "1.5")]
    [DataRow("\"on\"", "on")]
    [DataRow("!!str on", "on")]
    public void A_key_is_what_kubectl_makes_of_it(string written, string key) =>
        Assert.AreEqual("v", Load($"{Start}  labels:\n    {written}: v\n").Snapshot.Namespaces[0].Labels[key]);

    [TestMethod]
    public void A_key_that_is_null_is_an_error() => StringAssert.Contains(ErrorOf($"{Start}  labels:\n    null: b\n").Message, "in quotes", StringComparison.Ordinal);

    [TestMethod]
    public void Two_spellings_of_one_key_are_twice_the_same() => Assert.AreEqual("duplicate-key", ErrorOf($"{Start}  labels:\n    on: a\n    yes: b\n").Code);

    private static LoadedManifests Load(string text) => ManifestLoader.Load(["-"], new StringReader(text));

    private static Diagnostic ErrorOf(string text) => Load(text).Diagnostics.First(d => d.Severity == Severity.Error);
}
