using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace NetPol.Cli.Output;

/// <summary>A JSON or YAML document of the command line. The schemas of all documents are in docs/reference/schemas.</summary>
internal abstract record Document
{
    /// <summary>The version of the fields of all documents.</summary>
    public const string Version = "cli.netpol.io/v1";

    private readonly IJsonTypeInfoResolver _serializers;

    /// <param name="kind">The name of the schema.</param>
    /// <param name="serializers">The generated serializers of the document and its parts.</param>
    protected Document(string kind, IJsonTypeInfoResolver serializers) => (Kind, _serializers) = (kind, serializers);

    [JsonPropertyOrder(-2)]
    public string ApiVersion => Version;

    /// <summary>Names the schema of the document.</summary>
    [JsonPropertyOrder(-1)]
    public string Kind { get; }

    /// <summary>How every document is written: camel case for names and enum values, and no escapes that only HTML needs.</summary>
    public JsonSerializerOptions Options(bool isIndented) => new()
    {
        TypeInfoResolver = _serializers,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        RespectNullableAnnotations = true,
        WriteIndented = isIndented,
        NewLine = "\n",
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
    };
}

/// <summary>A document that holds a list. As JSON it has one item a line.</summary>
internal abstract record ListDocument<T> : Document
{
    protected ListDocument(string kind, IJsonTypeInfoResolver serializers)
        : base(kind, serializers)
    {
    }

    public abstract IReadOnlyList<T> Items { get; init; }
}
