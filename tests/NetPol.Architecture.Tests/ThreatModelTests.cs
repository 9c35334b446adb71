using System.Text.RegularExpressions;

namespace NetPol.Architecture.Tests;

/// <summary>The threat model names tests that exist, and has a row for every finding of the attack review.</summary>
[TestClass]
public sealed partial class ThreatModelTests
{
    private const string Document = "docs/security/threat-model.md";

    [TestMethod]
    public void Every_test_that_the_threat_model_names_exists()
    {
        var tests = SourceTree.CSharp
            .Where(f => f.StartsWith("tests/", StringComparison.Ordinal))
            .SelectMany(f => Method().Matches(string.Join('\n', SourceTree.Lines(f))).Select(m => $"{Path.GetFileName(f).Split('.')[0]}.{m.Groups["name"].Value}"))
            .ToHashSet(StringComparer.Ordinal);
        var named = SourceTree.Lines(Document).SelectMany(l => Name().Matches(l)).Select(m => m.Groups["test"].Value).ToList();
        Assert.IsGreaterThan(20, named.Count);
        Assert.AreEqual("", string.Join('\n', named.Where(n => !tests.Contains(n))));
    }

    [TestMethod]
    public void Every_finding_has_a_row()
    {
        string[] findings = [.. Numbered("C", 6), .. Numbered("H", 6), .. Numbered("M", 8), .. Numbered("L", 6)];
        var rows = SourceTree.Lines(Document).Where(l => l.StartsWith("| ", StringComparison.Ordinal)).Select(l => l.Split('|')[1].Trim()).ToHashSet(StringComparer.Ordinal);
        Assert.AreEqual("", string.Join(", ", findings.Where(f => !rows.Contains(f))));
    }

    [TestMethod]
    public void Closed_finding_names_its_test()
    {
        var wrong = SourceTree.Lines(Document).Where(l => l.StartsWith("| ", StringComparison.Ordinal) && l.Contains("| closed", StringComparison.Ordinal) && !Name().IsMatch(l));
        Assert.AreEqual("", string.Join('\n', wrong));
    }

    private static IEnumerable<string> Numbered(string letter, int count) => Enumerable.Range(1, count).Select(n => $"{letter}{n}");

    [GeneratedRegex(@"`(?<test>\w+Tests\.\w+)`", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Name();

    [GeneratedRegex(@"\[TestMethod[^\]]*\](\s*\[.*\]\n)*\s*public (async )?[\w<>]+ (?<name>\w+)\(", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Method();
}
