using System.Text.Json;
using System.Text.Json.Nodes;

namespace NetPol.Testing.ApiServer;

/// <summary>Returns objects, lists, events and errors as an API server sends them.</summary>
public static class ApiText
{
    /// <summary>Returns an object with a name, UID, resource version and generation 1.</summary>
    public static JsonObject Object(string name, int version, string? space = null, JsonObject? spec = null)
    {
        var metadata = new JsonObject { ["name"] = name, ["uid"] = $"uid-{name}", ["resourceVersion"] = $"{version}", ["generation"] = 1 };
        if (space is not null)
            metadata["namespace"] = space;
        var live = new JsonObject { ["metadata"] = metadata };
        if (spec is not null)
            live["spec"] = spec;
        return live;
    }

    /// <summary>Returns one page of a list.</summary>
    /// <param name="version">The resource version of the list.</param>
    /// <param name="next">The token of the next page. Null or empty for the last page.</param>
    /// <param name="items">The objects.</param>
    public static string List(int version, string? next, params JsonNode[] items)
    {
        var metadata = new JsonObject { ["resourceVersion"] = $"{version}" };
        if (next is not null)
            metadata["continue"] = next;
        return new JsonObject { ["kind"] = "List", ["metadata"] = metadata, ["items"] = new JsonArray(items) }.ToJsonString();
    }

    /// <summary>Returns one line of a watch.</summary>
    public static string Event(string type, JsonNode body) => new JsonObject { ["type"] = type, ["object"] = body.DeepClone() }.ToJsonString() + "\n";

    /// <summary>Returns a bookmark line of a watch.</summary>
    public static string Bookmark(int version) => Event("BOOKMARK", new JsonObject { ["metadata"] = new JsonObject { ["resourceVersion"] = $"{version}" } });

    /// <summary>Returns the body of an error.</summary>
    public static string Status(int code, string reason, string message) => JsonSerializer.Serialize(
        new { kind = "Status", apiVersion = "v1", metadata = new { }, status = "Failure", message, reason, code });
}
