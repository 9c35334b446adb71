using System.Text.Json;

namespace NetPol.Kubernetes.Client;

/// <summary>The fields of <c>metadata</c> that list and watch need. A field that is missing or not a string is null.</summary>
internal sealed class ApiMetadata
{
    private bool _isFaulty;

    public string? Name { get; private set; }

    public string? Namespace { get; private set; }

    public string? Uid { get; private set; }

    public string? ResourceVersion { get; private set; }

    public string? Continue { get; private set; }

    /// <summary>Counts changes of the spec; 0 for kinds that do not count.</summary>
    public long Generation { get; private set; }

    /// <summary>Reads the value at the reader's position to its end.</summary>
    public static ApiMetadata Read(ref Utf8JsonReader reader)
    {
        var metadata = new ApiMetadata();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return metadata;
        }
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            metadata.ReadField(ref reader);
        return metadata;
    }

    /// <exception cref="JsonException">One of the texts holds half of a surrogate pair.</exception>
    public void ThrowIfFaulty()
    {
        if (_isFaulty)
            throw new JsonException("a string holds half of a surrogate pair");
    }

    private void ReadField(ref Utf8JsonReader reader)
    {
        switch (ApiJson.NameOf(ref reader))
        {
            case "name":
                Name = Text(ref reader);
                break;
            case "namespace":
                Namespace = Text(ref reader);
                break;
            case "uid":
                Uid = Text(ref reader);
                break;
            case "resourceVersion":
                ResourceVersion = Text(ref reader);
                break;
            case "continue":
                Continue = Text(ref reader);
                break;
            case "generation":
                reader.Read();
                Generation = reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var count) ? count : 0;
                reader.Skip();
                break;
            default:
                reader.Skip();
                break;
        }
    }

    private string? Text(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.String)
        {
            reader.Skip();
            return null;
        }
        try
        {
            return reader.GetString();
        }
        catch (InvalidOperationException)
        {
            _isFaulty = true;
            return null;
        }
    }
}

/// <summary>An object in an answer of an API server.</summary>
/// <param name="Json">All of it, UTF-8.</param>
/// <param name="Metadata">Its metadata; without content where it has none.</param>
internal readonly record struct ApiObject(ReadOnlyMemory<byte> Json, ApiMetadata Metadata);

/// <summary>Finds the objects in answers of an API server. It reads their metadata and keeps their bytes: the reader of the kind reads all else.</summary>
internal static class ApiJson
{
    /// <summary>kube-apiserver takes objects of up to 10,000 levels, and a list or an event adds three. The reader of the object has the lower limit, so that one deep object stops no others.</summary>
    private const int MaxDepth = 10_003;

    /// <summary>The metadata and the objects of a list; null in place of objects where the answer is no list.</summary>
    /// <exception cref="JsonException">It is not JSON.</exception>
    public static (ApiMetadata Metadata, List<ApiObject>? Items) ReadList(ReadOnlyMemory<byte> json)
    {
        var metadata = new ApiMetadata();
        List<ApiObject>? items = null;
        var reader = Open(json);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            switch (NameOf(ref reader))
            {
                case "metadata":
                    reader.Read();
                    metadata = ApiMetadata.Read(ref reader);
                    break;
                case "items":
                    reader.Read();
                    items = reader.TokenType == JsonTokenType.StartArray ? ReadItems(ref reader, json) : null;
                    reader.Skip();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
        ReadEnd(ref reader);
        return (metadata, items);
    }

    /// <summary>The type and the object of an event of a watch.</summary>
    /// <exception cref="JsonException">It is no event.</exception>
    public static (string? Type, ApiObject Object) ReadEvent(ReadOnlyMemory<byte> json)
    {
        string? type = null;
        var hasType = false;
        ApiObject? body = null;
        var reader = Open(json);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            switch (NameOf(ref reader))
            {
                case "type":
                    reader.Read();
                    hasType = true;
                    type = reader.TokenType == JsonTokenType.String ? TextOf(ref reader) : null;
                    reader.Skip();
                    break;
                case "object":
                    reader.Read();
                    body = ReadObject(ref reader, json);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
        ReadEnd(ref reader);
        return hasType && body is { } found ? (type, found) : throw new JsonException("a line of a watch is no event");
    }

    /// <summary>The name of the field at the reader's position; empty for one that holds half of a surrogate pair.</summary>
    public static string NameOf(ref Utf8JsonReader reader) => TextOf(ref reader) ?? "";

    private static string? TextOf(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>A reader that stands at the start of the value.</summary>
    private static Utf8JsonReader Open(ReadOnlyMemory<byte> json)
    {
        var reader = new Utf8JsonReader(json.Span, new JsonReaderOptions { MaxDepth = MaxDepth });
        reader.Read();
        return reader;
    }

    private static void ReadEnd(ref Utf8JsonReader reader)
    {
        while (reader.Read())
            reader.Skip();
    }

    private static List<ApiObject> ReadItems(ref Utf8JsonReader reader, ReadOnlyMemory<byte> json)
    {
        var items = new List<ApiObject>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            items.Add(ReadObject(ref reader, json));
        return items;
    }

    private static ApiObject ReadObject(ref Utf8JsonReader reader, ReadOnlyMemory<byte> json)
    {
        var start = (int)reader.TokenStartIndex;
        var metadata = new ApiMetadata();
        if (reader.TokenType == JsonTokenType.StartObject)
        {
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (NameOf(ref reader) is not "metadata")
                {
                    reader.Skip();
                    continue;
                }
                reader.Read();
                metadata = ApiMetadata.Read(ref reader);
            }
        }
        else
        {
            reader.Skip();
        }
        return new(json[start..(int)reader.BytesConsumed], metadata);
    }
}
