using NetPol.Testing.Infrastructure;

namespace NetPol.Cli.Tests;

/// <summary>The commands of <c>docs/quickstart.md</c> print the output that the page shows.</summary>
[TestClass, TestCategory("Process")]
public sealed class QuickstartTests
{
    private const string Call = "    ./netpol ";

    [TestMethod]
    [DataRow("check")]
    [DataRow("explain")]
    [DataRow("diff")]
    public async Task A_command_prints_what_the_page_shows(string command)
    {
        var lines = await File.ReadAllLinesAsync(Repository.Path("docs", "quickstart.md"));
        var call = Array.FindIndex(lines, l => l.StartsWith($"{Call}{command} ", StringComparison.Ordinal));
        Assert.IsGreaterThan(0, call, "the page calls it");
        var shown = lines.Skip(call + 1).TakeWhile(l => !l.StartsWith('#')).SkipWhile(l => !IsCode(l)).TakeWhile(l => l.Length == 0 || IsCode(l)).Select(l => l.Length == 0 ? l : l[4..]);

        var outcome = await NetPolProcess.RunAsync(lines[call][Call.Length..].Split(' ').Select(a => a.StartsWith("policy-samples/", StringComparison.Ordinal) ? Repository.Path(a.Split('/')) : a).ToArray());

        Assert.AreEqual(string.Join('\n', shown).Trim(), outcome.Output.Trim(), outcome.Error);
    }

    private static bool IsCode(string line) => line.StartsWith("    ", StringComparison.Ordinal);
}
