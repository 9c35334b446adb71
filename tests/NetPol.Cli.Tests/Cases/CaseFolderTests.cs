namespace NetPol.Cli.Tests.Cases;

[TestClass, TestCategory("Process")]
public sealed class CaseFolderTests
{
    [TestMethod]
    public async Task The_command_reads_a_case()
    {
        var outcome = await NetPolProcess.RunAsync("check", "-f", CaseFolder.Of("30-own-node-without-node-object", "all.yaml"));

        Assert.AreEqual(0, outcome.ExitCode, outcome.Output);
        StringAssert.Contains(outcome.Output, "1 policy", StringComparison.Ordinal);
    }
}
