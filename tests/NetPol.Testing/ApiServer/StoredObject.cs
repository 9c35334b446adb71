using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace NetPol.Testing.ApiServer;

/// <summary>One version of an object as bytes, which every answer and every watch shares.</summary>
internal sealed class StoredObject
{
    private readonly byte[] _json;
    private readonly int _headerLength;

    private StoredObject(ResourcePath path, byte[] json, int headerLength, IReadOnlyDictionary<string, string> labels, long version) =>
        (Namespace, Key, _json, _headerLength, Labels, Version) = (path.Namespace, path.Key, json, headerLength, labels, version);

    public string? Namespace { get; }

    public string Key { get; }

    public long Version { get; }

    public IReadOnlyDictionary<string, string> Labels { get; }

    /// <summary>The whole object in JSON.</summary>
    public ReadOnlySpan<byte> Json => _json;

    public static StoredObject Create(ResourcePath path, JsonObject written, long version)
    {
        var labels = written["metadata"]!["labels"]?.AsObject().ToDictionary(l => l.Key, l => (string?)l.Value ?? "", StringComparer.Ordinal) ?? [];
        var apiVersion = (string?)written["apiVersion"] ?? path.Resource.ApiVersion(path.Version);
        var header = $"{{\"kind\":\"{path.Resource.Kind}\",\"apiVersion\":\"{apiVersion}\",";
        written.Remove("kind");
        written.Remove("apiVersion");
        return new(path, Encoding.UTF8.GetBytes(header + written.ToJsonString()[1..]), path.Resource.IsCustom ? 0 : header.Length, labels, version);
    }

    public JsonObject Parse() => JsonNode.Parse(_json)!.AsObject();

    /// <summary>Answers a request with the object.</summary>
    public async Task WriteAsync(HttpContext context)
    {
        context.Response.BodyWriter.Write(Json);
        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
    }

    /// <summary>Writes the object as an item of a list. Items of built-in kinds have neither <c>kind</c> nor <c>apiVersion</c>.</summary>
    public void WriteItem(IBufferWriter<byte> output)
    {
        if (_headerLength > 0)
            output.Write("{"u8);
        output.Write(_json.AsSpan(_headerLength));
    }
}

/// <summary>One event of a watch.</summary>
/// <param name="Type">ADDED, MODIFIED or DELETED.</param>
/// <param name="Object">The object after the event, or its last form.</param>
internal readonly record struct StoredEvent(string Type, StoredObject Object)
{
    public void WriteLine(IBufferWriter<byte> output)
    {
        output.Write(Type switch
        {
            "ADDED" => "{\"type\":\"ADDED\",\"object\":"u8,
            "MODIFIED" => "{\"type\":\"MODIFIED\",\"object\":"u8,
            _ => "{\"type\":\"DELETED\",\"object\":"u8,
        });
        output.Write(Object.Json);
        output.Write("}\n"u8);
    }
}
