namespace NetPol.Cli.Tests.Cases;

[TestClass, TestCategory("Process")]
public sealed class WindowsFileTests
{
    [TestMethod]
    [DataRow("bom-crlf.yaml")]
    [DataRow("crlf.yaml")]
    [DataRow("utf16.yaml")]
    public async Task Line_ends_and_encodings_of_Windows_are_read(string file)
    {
        var outcome = await NetPolProcess.RunAsync("check", "-f", CaseFolder.Of("20-windows-files", file));

        Assert.AreEqual(0, outcome.ExitCode, outcome.Output);
        StringAssert.Contains(outcome.Output, "1 policy, ", StringComparison.Ordinal);
    }

    [TestMethod]
    [DataRow("tab.yml.txt", 6)]
    [DataRow("tab2.yml.txt", 8)]
    [DataRow("tab3.yml.txt", 10)]
    public async Task A_tab_is_an_error_in_the_line_that_kubectl_names(string file, int line)
    {
        var path = CaseFolder.Of("20-windows-files", file);

        var outcome = await NetPolProcess.RunAsync("check", "-f", path);

        Assert.AreEqual(1, outcome.ExitCode, outcome.Output);
        StringAssert.Contains(outcome.Output, $"{path}:{line}: ", StringComparison.Ordinal);
        StringAssert.Contains(outcome.Output, "indent with spaces", StringComparison.Ordinal);
    }
}
