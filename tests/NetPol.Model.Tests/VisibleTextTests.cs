using System.Globalization;
using System.Text;
using System.Text.Json;
using NetPol.Model.Diagnostics;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;

namespace NetPol.Model.Tests;

/// <summary>Characters that show nothing or turn text around.</summary>
[TestClass]
public sealed class VisibleTextTests
{
    [TestMethod]
    [DataRow("allow-web", "allow-web")]
    [DataRow("Zürich 東京 🙂 \"x\" \\", "Zürich 東京 🙂 \"x\" \\")]
    [DataRow("a\u202Eb", "a\\u202Eb")]
    [DataRow("\u2066x\u2069", "\\u2066x\\u2069")]
    [DataRow("a\u001b[31m\n", "a\\u001B[31m\\u000A")]
    [DataRow("a\u0085b\u009bc", "a\\u0085b\\u009Bc")]
    [DataRow("a\u2028b\u2029c", "a\\u2028b\\u2029c")]
    [DataRow("a\u200bb\ufeffc\u00add", "a\\u200Bb\\uFEFFc\\u00ADd")]
    [DataRow("tag \U000E0041", "tag \\uDB40\\uDC41")]
    public void Invisible_characters_are_shown_by_their_numbers(string text, string visible) => Assert.AreEqual(visible, VisibleText.Escape(text));

    [TestMethod]
    public void Invisible_characters_are_escaped_for_JSON()
    {
        for (var value = 0; value <= 0x10ffff; value++)
        {
            if (!Rune.IsValid(value))
                continue;
            var visible = VisibleText.Escape(new Rune(value).ToString());
            Assert.IsFalse(visible.EnumerateRunes().Any(r => Rune.GetUnicodeCategory(r) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator), $"U+{value:X4}");
            if (value is not ('"' or '\\'))
                Assert.AreEqual(new Rune(value).ToString(), JsonSerializer.Deserialize<string>($"\"{visible}\""), $"U+{value:X4}");
        }
    }

    [TestMethod]
    public void Lone_surrogates_are_escaped()
    {
        Assert.AreEqual("\\uD83Dx\\uDE00", VisibleText.Escape("\ud83dx\ude00"));
        Assert.IsNull(VisibleText.Escape(null));
    }

    [TestMethod]
    public void Output_keeps_lines_and_terminal_colors()
    {
        const string Line = "\u001b[1mname\u001b[0m\t1\n";
        Assert.AreEqual(Line, VisibleText.EscapeOutput(Line));
        Assert.IsFalse(VisibleText.NeedsOutputEscaping(Line));
        Assert.AreEqual("a\\u202Eb\\u009B31m\n", VisibleText.EscapeOutput("a\u202Eb\u009b31m\n"));
    }

    [TestMethod]
    public void Rules_decisions_and_diagnostics_contain_visible_text_only()
    {
        var rule = new Rule(0, "x\u202Ey", RuleAction.Deny, [new Peer.Any()], null);
        Assert.AreEqual("x\\u202Ey", rule.Name);
        Assert.AreEqual("x\\u202Ez", (rule with { Name = "x\u202Ez" }).Name);
        Assert.AreEqual("x\\u202Ey", Decision.Restore(Direction.Egress, Verdict.Deny, Tier.Admin, null, 0, "x\u202Ey", []).RuleName);
        var diagnostic = new Diagnostic("code", Severity.Error, null, "Kind a\u2066", "spec[\"\u2028\"]", "no \u0007");
        Assert.AreEqual("Kind a\\u2066: spec[\"\\u2028\"]: no \\u0007", diagnostic.ToString());
        Assert.AreEqual("\\u202E", (diagnostic with { Message = "\u202E" }).Message);
    }
}
