namespace NetPol.Testing.Infrastructure;

/// <summary>
/// Reads recorded responses of a Kubernetes 1.37 API server. They are not in the repository, but in <c>../shared/api-server-1.37</c> or in the folder that
/// <c>NETPOL_RECORDED_SERVER</c> names.
/// </summary>
public static class RecordedServer
{
    private const string Variable = "NETPOL_RECORDED_SERVER";

    /// <summary>Returns a response. Without the data, the test is inconclusive and prints the searched folder.</summary>
    public static string Read(string file)
    {
        var folder = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named ? named : Path.GetFullPath(Repository.Path("..", "shared", "api-server-1.37"));
        if (!Directory.Exists(folder))
            Assert.Inconclusive($"the answers of a server are not in {folder}: set {Variable} to their folder");
        return File.ReadAllText(Path.Combine(folder, file));
    }
}
