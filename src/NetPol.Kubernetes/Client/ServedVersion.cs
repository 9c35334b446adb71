using System.Text.Json;
using NetPol.Model;

namespace NetPol.Kubernetes.Client;

/// <summary>In which versions an API server serves a kind.</summary>
/// <param name="Version">The newest version that is served and read; null when there is none.</param>
/// <param name="Unread">The versions that are served where none of them is read; otherwise empty. With both empty the kind is not served.</param>
internal sealed record ServedVersion(string? Version, ValueArray<string> Unread)
{
    /// <summary>Asks the discovery API of the server.</summary>
    /// <exception cref="KubernetesApiException">The server refuses.</exception>
    /// <exception cref="HttpRequestException">The server cannot be reached.</exception>
    /// <exception cref="JsonException">The answer is none of the discovery API.</exception>
    public static async Task<ServedVersion> FindAsync(KubernetesApi api, WatchedResource resource, CancellationToken cancel)
    {
        if (await api.FindAsync($"/apis/{resource.Type.Group}", cancel).ConfigureAwait(false) is not { } group)
            return new(null, []);
        var versions = Texts(group, "versions", "version");
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
            await api.FindAsync($"/apis/{resource.Type.Group}/{version}", cancel).ConfigureAwait(false) is { } resources
            && Texts(resources, "resources", "name").Contains(resource.Plural, StringComparer.Ordinal);
    }

    /// <summary>A text of each item of a list.</summary>
    private static List<string> Texts(byte[] json, string list, string field)
    {
        using var document = JsonDocument.Parse(json);
        if (document.RootElement.ValueKind != JsonValueKind.Object || !document.RootElement.TryGetProperty(list, out var items) || items.ValueKind != JsonValueKind.Array)
            throw new JsonException($"an answer of the discovery API has no {list}");
        return [.. items.EnumerateArray().Where(i => i.ValueKind == JsonValueKind.Object).Select(i => JsonText.Of(i, field)).OfType<string>()];
    }
}
