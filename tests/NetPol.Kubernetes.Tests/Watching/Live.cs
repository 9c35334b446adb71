using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using NetPol.Kubernetes.Client;

namespace NetPol.Kubernetes.Tests.Watching;

/// <summary>What an API server sends, as text.</summary>
internal static class Live
{
    /// <summary>An object with metadata alone, and what else is given.</summary>
    public static JsonObject Object(string name, int version, string? place = null, JsonObject? spec = null)
    {
        var metadata = new JsonObject { ["name"] = name, ["uid"] = $"uid-{name}", ["resourceVersion"] = $"{version}", ["generation"] = 1 };
        if (place is not null)
            metadata["namespace"] = place;
        var live = new JsonObject { ["metadata"] = metadata };
        if (spec is not null)
            live["spec"] = spec;
        return live;
    }

    /// <summary>An object as an informer receives it.</summary>
    public static WatchedObject Received(string json) => WatchedObject.Create(ApiJson.ReadEvent(Encoding.UTF8.GetBytes($$"""{"type":"ADDED","object":{{json}}}""")).Object);

    public static string List(int version, string? next, params JsonNode[] items)
    {
        var metadata = new JsonObject { ["resourceVersion"] = $"{version}" };
        if (next is not null)
            metadata["continue"] = next;
        return new JsonObject { ["kind"] = "List", ["metadata"] = metadata, ["items"] = new JsonArray(items) }.ToJsonString();
    }

    public static string Event(string type, JsonNode body) => new JsonObject { ["type"] = type, ["object"] = body.DeepClone() }.ToJsonString() + "\n";

    public static string Bookmark(int version) => Event("BOOKMARK", new JsonObject { ["metadata"] = new JsonObject { ["resourceVersion"] = $"{version}" } });

    public static string Status(int code, string reason, string message) =>
        JsonSerializer.Serialize(new { kind = "Status", status = "Failure", code, reason, message });
}
