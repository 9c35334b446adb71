using NetPol.Testing.Infrastructure;

namespace NetPol.Conformance.Tests;

/// <summary>
/// Upstream's expectations as data. They are no part of the repository: they lie in <c>../shared/conformance</c> beside it, or where
/// <c>NETPOL_CONFORMANCE</c> says.
/// </summary>
internal static class UpstreamData
{
    private const string Variable = "NETPOL_CONFORMANCE";

    /// <summary>Where the data is, or would be.</summary>
    public static string Folder { get; } =
        Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named ? named : Path.GetFullPath(Repository.Path("..", "shared", "conformance"));

    /// <summary>The path of a file. Without the data the test is inconclusive, and says where the data was looked for.</summary>
    public static string PathOf(params string[] names)
    {
        if (!Directory.Exists(Folder))
            Assert.Inconclusive($"upstream's expectations are not in {Folder}: set {Variable} to their folder");
        return Path.Combine([Folder, .. names]);
    }

    /// <summary>Notes for <c>.ci/run</c> how many probes of a suite were evaluated.</summary>
    /// <param name="suite">The suite.</param>
    /// <param name="evaluate">What evaluated them.</param>
    /// <param name="probes">How many were evaluated as upstream expects.</param>
    public static void Count(UpstreamSuite suite, string evaluate, int probes)
    {
        var folder = Repository.Path("artifacts", "conformance");
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, $"{evaluate} {suite.Name}"), $"{probes}\n");
    }
}
