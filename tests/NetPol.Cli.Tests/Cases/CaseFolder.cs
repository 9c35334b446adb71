namespace NetPol.Cli.Tests.Cases;

/// <summary>
/// Small inputs from reports of faults, each with a right answer. They are no part of the repository: they lie in <c>../shared/cases</c> beside it, or where
/// <c>NETPOL_CASES</c> says.
/// </summary>
internal static class CaseFolder
{
    private const string Variable = "NETPOL_CASES";

    /// <summary>The path of a case's folder, or of a file in it. Without the data the test is inconclusive, and says where the data was looked for.</summary>
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
