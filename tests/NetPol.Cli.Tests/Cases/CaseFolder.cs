using System.Text.Json;

namespace NetPol.Cli.Tests.Cases;

/// <summary>
/// Small inputs from bug reports, each with the correct answer. They are not part of the repository: the tests read them from <c>../shared/cases</c> beside
/// it, or from <c>NETPOL_CASES</c>.
/// </summary>
internal static class CaseFolder
{
    private const string Variable = "NETPOL_CASES";

    /// <summary>Returns the path of a case's folder, or of a file in it. Without the data the test is inconclusive; its message names the expected path.</summary>
    public static string Of(string name, string? file = null)
    {
        var root = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named ? named : Path.GetFullPath(Path.Combine(RepositoryRoot(), "..", "shared", "cases"));
        if (!Directory.Exists(root))
            Assert.Inconclusive($"the cases are not in {root}: set {Variable} to their folder");
        var path = Path.Combine(root, name, file ?? "");
        Assert.IsTrue(Path.Exists(path), $"there is no case {path}");
        return path;
    }

    public static string RepositoryRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "NetPol.sln")))
            folder = folder.Parent;
        return folder?.FullName ?? throw new InvalidOperationException($"no folder above {AppContext.BaseDirectory} holds NetPol.sln");
    }
}

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

/// <summary>Runs <c>explain</c> and returns its verdict.</summary>
internal static class ExplainedVerdicts
{
    /// <summary>Returns <c>allow</c> or <c>deny</c> for a connection between objects of a file.</summary>
    public static Task<string> OfAsync(string file, string from, string to, string port, params string[] more) =>
        AskAsync(null, ["-f", file, "--from", from, "--to", to, "--port", port, .. more]);

    /// <summary>Returns the verdict as <see cref="OfAsync"/> does, for manifests in the test itself.</summary>
    public static Task<string> OfTextAsync(string manifests, string from, string to, string port, params string[] more) =>
        AskAsync(manifests, ["-f", "-", "--from", from, "--to", to, "--port", port, .. more]);

    private static async Task<string> AskAsync(string? input, string[] arguments)
    {
        var outcome = await NetPolProcess.RunAsync(input, ["explain", "-o", "json", .. arguments]);
        Assert.AreEqual(0, outcome.ExitCode, outcome.Error);
        using var json = JsonDocument.Parse(outcome.Output);
        return json.RootElement.GetProperty("verdict").GetString()!;
    }
}
