using System.Text.Json;

namespace NetPol.Kubernetes.Client;

/// <summary>An object as the API server sent it.</summary>
/// <param name="Namespace">Empty for a cluster-scoped kind.</param>
/// <param name="Name">Its name.</param>
/// <param name="Uid">Tells it from others that had its name.</param>
/// <param name="ResourceVersion">Changes whenever it does.</param>
/// <param name="Generation">Counts changes of its spec; 0 for kinds that do not count.</param>
/// <param name="Json">All of it, UTF-8, to be parsed by its reader.</param>
internal sealed record WatchedObject(string Namespace, string Name, string Uid, string ResourceVersion, long Generation, ReadOnlyMemory<byte> Json)
{
    public (string Namespace, string Name) Key => (Namespace, Name);

    /// <summary><c>namespace/name</c>, or <c>name</c> for a cluster-scoped kind.</summary>
    public string Id => Namespace.Length == 0 ? Name : $"{Namespace}/{Name}";

    /// <exception cref="JsonException">It has no metadata with a name.</exception>
    public static WatchedObject Create(ApiObject read)
    {
        var metadata = read.Metadata;
        metadata.ThrowIfFaulty();
        return metadata.Name is { Length: > 0 } name
            ? new(metadata.Namespace ?? "", name, metadata.Uid ?? "", metadata.ResourceVersion ?? "", metadata.Generation, read.Json)
            : throw new JsonException("an object has no metadata with a name");
    }
}
