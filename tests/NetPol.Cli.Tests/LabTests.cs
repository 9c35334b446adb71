using System.Text.Json;

namespace NetPol.Cli.Tests;

[TestClass]
public sealed class LabTests
{
    [TestMethod]
    public async Task Lab_run_observes_what_the_policies_say()
    {
        if (!Environment.IsPrivilegedProcess)
            Assert.Inconclusive("needs root");

        var outcome = await NetPolProcess.RunAsync("lab", "run", "-f", NetPolProcess.Fixture("small"), "-o", "json");

        Assert.AreEqual(0, outcome.ExitCode, outcome.Error);
        using var json = JsonDocument.Parse(outcome.Output);
        Assert.AreEqual(4, json.RootElement.GetArrayLength());
        foreach (var entry in json.RootElement.EnumerateArray())
            Assert.AreEqual(entry.GetProperty("verdict").GetString(), entry.GetProperty("observed").GetString());
    }

    [TestMethod]
    public async Task Lab_up_refuses_standard_input()
    {
        if (!Environment.IsPrivilegedProcess)
            Assert.Inconclusive("needs root");

        var outcome = await NetPolProcess.RunAsync("lab", "up", "-f", "-");

        Assert.AreEqual(2, outcome.ExitCode);
        StringAssert.Contains(outcome.Error, "write their paths instead of -");
    }
}
