using System.Text.Json;

namespace NetPol.Kubernetes.Watching;

/// <summary>An object as the API server sent it.</summary>
/// <param name="Namespace">Empty for a cluster-scoped kind.</param>
/// <param name="Name">Its name.</param>
/// <param name="Uid">Tells it from others that had its name.</param>
/// <param name="ResourceVersion">Changes whenever it does.</param>
/// <param name="Generation">Counts changes of its spec; 0 for kinds that do not count.</param>
/// <param name="Json">All of it.</param>
internal sealed record WatchedObject(string Namespace, string Name, string Uid, string ResourceVersion, long Generation, string Json)
{
    public (string Namespace, string Name) Key => (Namespace, Name);

    /// <exception cref="JsonException">It has no metadata with a name.</exception>
    public static WatchedObject Of(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object || !json.TryGetProperty("metadata", out var metadata) || metadata.ValueKind != JsonValueKind.Object ||
            JsonText.Of(metadata, "name") is not { Length: > 0 } name)
            throw new JsonException("an object has no metadata with a name");
        return new(
            JsonText.Of(metadata, "namespace") ?? "",
            name,
            JsonText.Of(metadata, "uid") ?? "",
            JsonText.Of(metadata, "resourceVersion") ?? "",
            metadata.TryGetProperty("generation", out var generation) && generation.ValueKind == JsonValueKind.Number && generation.TryGetInt64(out var count) ? count : 0,
            json.GetRawText());
    }
}
