using System.Text.Json;
using NetPol.Kubernetes.Objects.Common;
using NetPol.Kubernetes.Syntax;
using NetPol.Model.Diagnostics;

namespace NetPol.Kubernetes.Client;

/// <summary>An object as the API server sent it.</summary>
/// <param name="Namespace">Empty for a cluster-scoped kind.</param>
/// <param name="Name">Its name.</param>
/// <param name="Uid">Distinguishes it from others that had its name.</param>
/// <param name="ResourceVersion">Changes whenever it does.</param>
/// <param name="Generation">Counts changes of its spec; 0 for kinds that do not count.</param>
/// <param name="Json">All of it, UTF-8, to be parsed by its reader.</param>
internal sealed record ReceivedObject(string Namespace, string Name, string Uid, string ResourceVersion, long Generation, ReadOnlyMemory<byte> Json)
{
    public (string Namespace, string Name) Key => (Namespace, Name);

    /// <summary><c>namespace/name</c>, or <c>name</c> for a cluster-scoped kind.</summary>
    public string Id => Namespace.Length == 0 ? Name : $"{Namespace}/{Name}";

    /// <exception cref="JsonException">It has no metadata with a name.</exception>
    public static ReceivedObject Create(ApiObject read)
    {
        var metadata = read.Metadata;
        metadata.ThrowIfFaulty();
        return metadata.Name is { Length: > 0 } name
            ? new(metadata.Namespace ?? "", name, metadata.Uid ?? "", metadata.ResourceVersion ?? "", metadata.Generation, read.Json)
            : throw new JsonException("an object has no metadata with a name");
    }
}

/// <summary>Reads objects of an API server with the readers that files have too.</summary>
internal static class ReceivedObjectReader
{
    /// <summary>The text that diagnostics show instead of a file name.</summary>
    public const string DiagnosticOrigin = "cluster";

    /// <summary>Reads an object; null when it has no usable name or no effect, which is in the diagnostics.</summary>
    /// <exception cref="JsonException">It is nested too deep, or is no object. It must not count as absent: a policy that is absent denies nothing.</exception>
    public static T? Read<T>(IObjectReader<T> reader, ReceivedObject live, List<Diagnostic> diagnostics)
        where T : class
    {
        if (Parse(reader.Type, live, diagnostics) is not { } body)
            throw new JsonException(diagnostics is [.., var last] ? last.Message : "it is no object");
        if (MetadataReader.Read(reader.Type, body) is not { } header)
            return null;
        // What is suppressed in a file is no warning of the cluster either; here only the spelling is checked.
        AnnotationReader.ReadSuppressedCodes(header);
        return reader.Read(header);
    }

    /// <summary>Reads a Service or endpoints; null when there is no usable name.</summary>
    public static T? ReadService<T>(IObjectReader<T> reader, ReadOnlyMemory<byte> json, List<Diagnostic> diagnostics)
        where T : class
    {
        if (Parse(json, reader.Type.Kind, diagnostics) is not { } body || MetadataReader.Read(reader.Type, body) is not { } header)
            return null;
        body.Report.Subject = $"{header.Kind} {header.Id}";
        return reader.Read(header);
    }

    /// <summary>Parses an object; null when it is no object or is nested too deep, which is in the diagnostics.</summary>
    public static ObjectNode? Parse(ResourceType type, ReceivedObject live, List<Diagnostic> diagnostics) => Parse(live.Json, $"{type.Kind} {live.Id}", diagnostics);

    private static ObjectNode? Parse(ReadOnlyMemory<byte> json, string subject, List<Diagnostic> diagnostics)
    {
        if (JsonDocumentParser.Parse(json, DocumentLimits.Default, new SyntaxErrors(DiagnosticOrigin, diagnostics)) is not [var document, ..])
            return null;
        return new Field(document, 0, FieldPath.Root, new(DiagnosticOrigin, diagnostics, hasLines: false) { Subject = subject }).Object();
    }
}

/// <summary>Lists all objects of a kind, in pages.</summary>
/// <param name="api">The server.</param>
/// <param name="path">The path of the collection.</param>
/// <param name="nameless">Called with every object that has no name; it is not in the list.</param>
internal sealed class ObjectLister(KubernetesApi api, string path, Action<JsonException> nameless)
{
    /// <summary>How long an answer may take.</summary>
    public static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(60);

    private const int PageSize = 500;

    /// <summary>The version of a list, of a bookmark, or of anything else that carries one.</summary>
    /// <exception cref="JsonException">There is none.</exception>
    public static string ReadVersion(ApiMetadata metadata)
    {
        metadata.ThrowIfFaulty();
        return metadata.ResourceVersion is { Length: > 0 } version ? version : throw new JsonException("a list or a bookmark has no resourceVersion");
    }

    /// <summary>The objects as the server has them now, not older, and the version to watch from.</summary>
    /// <exception cref="KubernetesApiException">The server refuses, or forgot the version between two pages.</exception>
    /// <exception cref="JsonException">The answer is no list.</exception>
    public async Task<(IReadOnlyList<ReceivedObject> Objects, string Version)> ListAsync(CancellationToken cancel)
    {
        var objects = new List<ReceivedObject>();
        string? next = null;
        while (true)
        {
            var (metadata, items) = ApiJson.ReadList(await ReadPageAsync(PageSize, next, cancel).ConfigureAwait(false));
            var version = ReadVersion(metadata);
            foreach (var item in items ?? throw new JsonException("a list has no items"))
                Add(item, objects);
            next = metadata.Continue;
            if (string.IsNullOrEmpty(next))
                return (objects, version);
        }
    }

    /// <summary>The version of the server's state now, not older.</summary>
    /// <exception cref="KubernetesApiException">The server refuses.</exception>
    /// <exception cref="JsonException">The answer is no list.</exception>
    public async Task<string> ReadVersionAsync(CancellationToken cancel) => ReadVersion(ApiJson.ReadList(await ReadPageAsync(1, null, cancel).ConfigureAwait(false)).Metadata);

    private void Add(ApiObject item, List<ReceivedObject> objects)
    {
        try
        {
            objects.Add(ReceivedObject.Create(item));
        }
        catch (JsonException error)
        {
            nameless(error);
        }
    }

    private async Task<byte[]> ReadPageAsync(int size, string? next, CancellationToken cancel)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        timeout.CancelAfter(RequestTimeout);
        var query = next is null ? "" : $"&continue={Uri.EscapeDataString(next)}";
        using var response = await api.GetAsync($"{path}?limit={size}{query}", timeout.Token).ConfigureAwait(false);
        return await response.Content.ReadAsByteArrayAsync(timeout.Token).ConfigureAwait(false);
    }
}
