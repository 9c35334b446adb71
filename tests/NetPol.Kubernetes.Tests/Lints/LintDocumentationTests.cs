using System.Text.RegularExpressions;
using NetPol.Kubernetes.Objects.Common;
using NetPol.Testing.Infrastructure;

namespace NetPol.Kubernetes.Tests.Lints;

/// <summary><c>docs/reference/check-codes.md</c> and the code know the same codes.</summary>
[TestClass, TestCategory("Unit")]
public sealed partial class LintDocumentationTests
{
    /// <summary>Codes that <c>netpol check</c> never shows: of the file of source grants, of endpoints, and of a live object that cannot be read at all.</summary>
    private static readonly string[] Elsewhere = ["grants-everything", "missing-label", "unreadable-object"];

    private static readonly string Document = File.ReadAllText(Repository.Path("docs", "reference", "check-codes.md"));

    [TestMethod]
    public void Every_warning_that_can_be_suppressed_has_a_section_of_its_own()
    {
        var sections = Section().Matches(Document).Select(m => m.Groups["code"].Value).ToList();

        CollectionAssert.AreEqual(LintCode.All.Select(l => l.Code).Where(c => c is not LintCode.Unused).ToList(), sections);
        CollectionAssert.AreEqual(sections.Order(StringComparer.Ordinal).ToList(), sections);
    }

    [TestMethod]
    public void Every_code_of_a_diagnostic_is_in_the_document()
    {
        var codes = Directory.GetFiles(Repository.Path("src"), "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains("/obj/", StringComparison.Ordinal))
            .SelectMany(f => Reported().Matches(File.ReadAllText(f)).Select(m => m.Groups["code"].Value))
            .Distinct(StringComparer.Ordinal)
            .Except(Elsewhere, StringComparer.Ordinal)
            .ToList();

        Assert.IsGreaterThan(40, codes.Count);
        Assert.AreEqual("", string.Join(", ", codes.Where(c => !Document.Contains($"`{c}`", StringComparison.Ordinal) && !Document.Contains($"### {c}\n", StringComparison.Ordinal))));
    }

    [GeneratedRegex("^### (?<code>[a-z-]+)$", RegexOptions.Multiline | RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Section();

    [GeneratedRegex("""(Warning|Error|Refused)\((header, )?"(?<code>[a-z]+(-[a-z]+)+)"|new(\(| Diagnostic\()\s*"(?<code>[a-z]+(-[a-z]+)+)",\s*Severity""", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Reported();
}
