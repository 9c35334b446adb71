using System.Text.Json;

namespace NetPol.Kubernetes.Client;

/// <summary>Lists all objects of a kind, in pages.</summary>
/// <param name="api">The server.</param>
/// <param name="path">The path of the collection.</param>
/// <param name="nameless">Told of every object that has no name; it is not in the list.</param>
internal sealed class ObjectPages(KubernetesApi api, string path, Action<JsonException> nameless)
{
    /// <summary>How long an answer may take.</summary>
    public static readonly TimeSpan Answer = TimeSpan.FromSeconds(60);

    private const int PageSize = 500;

    /// <summary>The version of a list, of a bookmark, or of anything else that carries one.</summary>
    /// <exception cref="JsonException">There is none.</exception>
    public static string VersionOf(ApiMetadata metadata)
    {
        metadata.ThrowIfFaulty();
        return metadata.ResourceVersion is { Length: > 0 } version ? version : throw new JsonException("a list or a bookmark has no resourceVersion");
    }

    /// <summary>The objects as the server has them now, not older, and the version to watch from.</summary>
    /// <exception cref="KubernetesApiException">The server refuses, or forgot the version between two pages.</exception>
    /// <exception cref="JsonException">The answer is no list.</exception>
    public async Task<(IReadOnlyList<WatchedObject> Objects, string Version)> ReadAsync(CancellationToken cancel)
    {
        var objects = new List<WatchedObject>();
        string? next = null;
        while (true)
        {
            var (metadata, items) = ApiJson.ReadList(await ReadPageAsync(next, cancel).ConfigureAwait(false));
            var version = VersionOf(metadata);
            foreach (var item in items ?? throw new JsonException("a list has no items"))
                Add(item, objects);
            next = metadata.Continue;
            if (string.IsNullOrEmpty(next))
                return (objects, version);
        }
    }

    private void Add(ApiObject item, List<WatchedObject> objects)
    {
        try
        {
            objects.Add(WatchedObject.Create(item));
        }
        catch (JsonException error)
        {
            nameless(error);
        }
    }

    private async Task<byte[]> ReadPageAsync(string? next, CancellationToken cancel)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(Answer);
        var query = next is null ? "" : $"&continue={Uri.EscapeDataString(next)}";
        using var response = await api.GetAsync($"{path}?limit={PageSize}{query}", patience.Token).ConfigureAwait(false);
        return await response.Content.ReadAsByteArrayAsync(patience.Token).ConfigureAwait(false);
    }
}
