namespace NetPol.Cli.Tests.Input;

/// <summary>A policy with the same id for two networks once ended these commands with a stack trace.</summary>
[TestClass, TestCategory("Process")]
public sealed class DuplicateObjectTests
{
    private static readonly string Cluster = NetPolProcess.Fixture("collision");

    [TestMethod]
    [DataRow("check")]
    [DataRow("rules")]
    [DataRow("matrix --port 1/TCP")]
    [DataRow("unused")]
    [DataRow("render --node node-1")]
    public async Task A_command_answers(string command)
    {
        var outcome = await NetPolProcess.RunAsync([.. command.Split(' '), "-f", Cluster]);

        Assert.AreEqual("", outcome.Error);
        Assert.AreEqual(0, outcome.ExitCode, outcome.Output);
    }

    [TestMethod]
    [DataRow("fd00:a:1ea6:1c72:183d:1360:124a:1002", 1, ": allowed\n")]
    [DataRow("fd00:a:1ea6:1c72:183d:1360:124a:1002", 2, ": denied\n")]
    [DataRow("fd00:a:14b0:139d:1f9e:1a36:1fbc:1005", 1, ": denied\n")]
    [DataRow("fd00:a:14b0:139d:1f9e:1a36:1fbc:1005", 2, ": allowed\n")]
    public async Task Explain_distinguishes_the_two_networks(string to, int port, string verdict)
    {
        var outcome = await NetPolProcess.RunAsync("explain", "-f", Cluster, "--from", "shop/web", "--to", to, "--port", $"{port}/TCP");

        Assert.AreEqual("", outcome.Error);
        StringAssert.Contains(outcome.Output, verdict);
    }
}
