namespace NetPol.Testing.Infrastructure;

/// <summary>
/// Answers of an API server of Kubernetes 1.37. They are no part of the repository: they lie in <c>../shared/api-server-1.37</c> beside it, or where
/// <c>NETPOL_RECORDED_SERVER</c> says.
/// </summary>
public static class RecordedServer
{
    private const string Variable = "NETPOL_RECORDED_SERVER";

    /// <summary>An answer. Without the data the test is inconclusive, and says where the data was looked for.</summary>
    public static string Read(string file)
    {
        var folder = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named ? named : Path.GetFullPath(Repository.Path("..", "shared", "api-server-1.37"));
        if (!Directory.Exists(folder))
            Assert.Inconclusive($"the answers of a server are not in {folder}: set {Variable} to their folder");
        return File.ReadAllText(Path.Combine(folder, file));
    }
}
