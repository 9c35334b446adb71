using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace NetPol.Testing.ApiServer;

/// <summary>The served versions of the policy kinds, which come from CustomResourceDefinitions and may change at any time. Safe for any thread.</summary>
public sealed class ApiDiscovery
{
    /// <summary>The API group of the policy kinds.</summary>
    public const string Group = "policy.networking.k8s.io";

    /// <summary>The discovery path of the group.</summary>
    public const string Path = $"/apis/{Group}";

    private readonly ConcurrentQueue<IReadOnlyDictionary<string, string>> _next = new();
    private volatile IReadOnlyDictionary<string, string> _answers;

    public ApiDiscovery() => _answers = Answers(
        [("v1beta1", ["clusternetworkpolicies"]), ("v1alpha2", ["clusternetworkpolicies"]), ("v1alpha1", ["adminnetworkpolicies", "baselineadminnetworkpolicies"])]);

    /// <summary>Serves these versions from now on, the preferred one first. No version means that the definitions are missing.</summary>
    public void Serve(params (string Version, string[] Resources)[] versions) => _answers = Answers(versions);

    /// <summary>Serves these versions from the next request for the group on. Several calls apply to as many requests.</summary>
    public void ServeNext(params (string Version, string[] Resources)[] versions) => _next.Enqueue(Answers(versions));

    /// <summary>Answers these discovery paths with recorded text from now on, and other paths of the group with 404.</summary>
    public void Replay(IReadOnlyDictionary<string, string> answers) => _answers = answers;

    /// <summary>Whether a path is a discovery path of the group or of one of its versions.</summary>
    internal static bool IsDiscovery(string path) => path.StartsWith(Path, StringComparison.Ordinal) && path.Count(c => c == '/') <= 3;

    /// <summary>Returns the answer for a discovery path, or null if it is not served.</summary>
    internal string? Find(string path)
    {
        if (path == Path && _next.TryDequeue(out var next))
            _answers = next;
        return _answers.GetValueOrDefault(path);
    }

    /// <summary>Whether a resource of the group is served in a version.</summary>
    internal bool IsServed(ResourcePath path) =>
        _answers.TryGetValue($"{Path}/{path.Version}", out var answer) && JsonNode.Parse(answer)!["resources"]!.AsArray().Any(r => (string?)r!["name"] == path.Resource.Plural);

    private static Dictionary<string, string> Answers((string Version, string[] Resources)[] versions)
    {
        var answers = versions.ToDictionary(v => $"{Path}/{v.Version}", v => Resources(v.Version, v.Resources), StringComparer.Ordinal);
        if (versions.Length > 0)
        {
            answers[Path] = new JsonObject
            {
                ["kind"] = "APIGroup",
                ["apiVersion"] = "v1",
                ["name"] = Group,
                ["versions"] = new JsonArray([.. versions.Select(v => Version(v.Version))]),
                ["preferredVersion"] = Version(versions[0].Version),
            }.ToJsonString();
        }
        return answers;
    }

    private static JsonObject Version(string version) => new() { ["groupVersion"] = $"{Group}/{version}", ["version"] = version };

    private static string Resources(string version, string[] resources) => new JsonObject
    {
        ["kind"] = "APIResourceList",
        ["apiVersion"] = "v1",
        ["groupVersion"] = $"{Group}/{version}",
        ["resources"] = new JsonArray([.. resources.Select(r => new JsonObject { ["name"] = r, ["namespaced"] = false })]),
    }.ToJsonString();
}
