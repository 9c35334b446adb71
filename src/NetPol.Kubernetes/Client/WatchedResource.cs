using System.Text.Json;
using NetPol.Kubernetes.Objects.Common;
using NetPol.Model;

namespace NetPol.Kubernetes.Client;

/// <summary>A resource type that is listed and watched.</summary>
/// <param name="Reader">Reads its objects.</param>
/// <param name="Plural">Its name in paths.</param>
/// <param name="IsOptional">A custom resource, which a cluster may lack or serve in other versions: see <see cref="ServedVersion"/>.</param>
internal sealed record WatchedResource(IObjectReader Reader, string Plural, bool IsOptional = false)
{
    public static IReadOnlyList<WatchedResource> All { get; } =
    [
        Create("Namespace", "namespaces"),
        Create("Node", "nodes"),
        Create("Pod", "pods"),
        Create("NetworkPolicy", "networkpolicies"),
        Create("AdminNetworkPolicy", "adminnetworkpolicies") with { IsOptional = true },
        Create("BaselineAdminNetworkPolicy", "baselineadminnetworkpolicies") with { IsOptional = true },
        Create("ClusterNetworkPolicy", "clusternetworkpolicies") with { IsOptional = true },
    ];

    public ResourceType Type => Reader.Type;

    /// <summary>The newest version that is read.</summary>
    public string NewestVersion => Type.Versions.First();

    /// <summary>The path of the collection in all namespaces.</summary>
    public string PathOf(string version) => Type.Group.Length == 0 ? $"/api/{version}/{Plural}" : $"/apis/{Type.Group}/{version}/{Plural}";

    private static WatchedResource Create(string kind, string plural) => new(ResourceTypes.FindReader(kind)!, plural);
}

/// <summary>In which versions an API server serves a kind.</summary>
/// <param name="Version">The newest version that is served and read; null when there is none.</param>
/// <param name="Unsupported">The versions that are served where none of them is read; otherwise empty. With both empty the kind is not served.</param>
internal sealed record ServedVersion(string? Version, ValueArray<string> Unsupported)
{
    /// <summary>Asks the discovery API of the server.</summary>
    /// <exception cref="KubernetesApiException">The server refuses.</exception>
    /// <exception cref="HttpRequestException">The server cannot be reached.</exception>
    /// <exception cref="JsonException">The answer is none of the discovery API.</exception>
    public static async Task<ServedVersion> DiscoverAsync(KubernetesApi api, WatchedResource resource, CancellationToken cancel)
    {
        if (await api.GetBodyOrNullAsync($"/apis/{resource.Type.Group}", cancel).ConfigureAwait(false) is not { } group)
            return new(null, []);
        var versions = ReadTexts(group, "versions", "version");
        foreach (var version in resource.Type.Versions.Where(versions.Contains))
        {
            if (await IsServedAsync(version).ConfigureAwait(false))
                return new(version, []);
        }
        var unread = new List<string>();
        foreach (var version in versions.Except(resource.Type.Versions, StringComparer.Ordinal))
        {
            if (await IsServedAsync(version).ConfigureAwait(false))
                unread.Add(version);
        }
        return new(null, unread.ToValueArray());

        // A version that is gone since the group was read serves nothing.
        async Task<bool> IsServedAsync(string version) =>
            await api.GetBodyOrNullAsync($"/apis/{resource.Type.Group}/{version}", cancel).ConfigureAwait(false) is { } resources
            && ReadTexts(resources, "resources", "name").Contains(resource.Plural, StringComparer.Ordinal);
    }

    /// <summary>A text of each item of a list.</summary>
    private static List<string> ReadTexts(byte[] json, string list, string field)
    {
        using var document = JsonDocument.Parse(json);
        if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty(list, out var items) || items.ValueKind != JsonValueKind.Array)
            throw new JsonException($"an answer of the discovery API has no {list}");
        return [.. items.EnumerateArray().Where(i => i.ValueKind == JsonValueKind.Object).Select(i => JsonText.Read(i, field)).OfType<string>()];
    }
}

/// <summary>A kind that a cluster serves, but in no version that is read.</summary>
public static class UnsupportedVersions
{
    /// <summary>The error and its fix, without a period at the end.</summary>
    /// <param name="kind">The name of a kind that is watched.</param>
    /// <param name="versions">The versions that are served.</param>
    /// <exception cref="ArgumentException">The kind is none that is read.</exception>
    public static string Describe(string kind, IEnumerable<string> versions)
    {
        var known = ResourceTypes.Find(kind) ?? throw new ArgumentException($"{kind} is not read", nameof(kind));
        return $"the cluster serves {kind} only as {string.Join(", ", versions)}, and NetPol reads {string.Join(" and ", known.Versions)}: "
            + "its objects are not read; install a NetPol that reads one of these versions, or let the cluster serve one that NetPol reads";
    }
}
