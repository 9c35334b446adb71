using System.Text.Json;

namespace NetPol.Kubernetes.Client;

/// <summary>Reads strings of answers that may hold anything.</summary>
internal static class JsonText
{
    /// <summary>The field's text; null when it is missing, no text, or no object has it.</summary>
    /// <exception cref="JsonException">It holds half of a surrogate pair.</exception>
    public static string? Of(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) ? Of(value) : null;

    /// <summary>The text; null for any other value.</summary>
    /// <exception cref="JsonException">It holds half of a surrogate pair.</exception>
    public static string? Of(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String)
            return null;
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException error)
        {
            throw new JsonException("a string holds half of a surrogate pair", error);
        }
    }
}
