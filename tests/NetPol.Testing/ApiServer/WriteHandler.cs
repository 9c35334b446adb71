using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace NetPol.Testing.ApiServer;

/// <summary>
/// Answers creations, updates, patches and deletions. A strategic merge patch and a server-side apply act like a JSON merge patch: lists are replaced, and no field
/// has an owner. Deletions are immediate.
/// </summary>
internal static class WriteHandler
{
    public static async Task AnswerAsync(HttpContext context, ResourcePath path, ObjectStorage storage)
    {
        var method = context.Request.Method;
        if (HttpMethods.IsDelete(method) && path.Name is not null)
        {
            await (storage.Delete(path) ?? throw ApiError.NotFound(path)).WriteAsync(context);
            return;
        }
        var body = await ReadBodyAsync(context);
        if (HttpMethods.IsPost(method) && path.Name is null)
        {
            var created = Create(storage, path, body);
            context.Response.StatusCode = StatusCodes.Status201Created;
            await created.WriteAsync(context);
        }
        else if (HttpMethods.IsPut(method) && path.Name is not null)
        {
            await Update(storage, path, body).WriteAsync(context);
        }
        else if (HttpMethods.IsPatch(method) && path.Name is not null)
        {
            var isApply = context.Request.ContentType?.StartsWith("application/apply-patch", StringComparison.Ordinal) == true;
            await Patch(storage, path, body, isApply).WriteAsync(context);
        }
        else
        {
            throw new ApiError(StatusCodes.Status405MethodNotAllowed, "MethodNotAllowed", "the server does not allow this method on the requested resource");
        }
    }

    private static StoredObject Create(ObjectStorage storage, ResourcePath path, JsonObject body)
    {
        var metadata = (JsonObject)(body["metadata"] ??= new JsonObject());
        metadata["name"] ??= (string?)metadata["generateName"] is { } prefix ? prefix + $"{Guid.NewGuid():N}"[..5] : throw ApiError.BadRequest("name or generateName is required");
        if (path.Resource.IsNamespaced)
            metadata["namespace"] ??= path.Namespace;
        var named = path with { Name = (string)metadata["name"]! };
        if (path.Resource.IsNamespaced && storage.Find($"/api/v1/namespaces/{path.Namespace}") is null)
            throw new ApiError(404, "NotFound", $"namespaces \"{path.Namespace}\" not found");
        return storage.Change(named, before => before is null ? body : throw ApiError.AlreadyExists(named));
    }

    private static StoredObject Update(ObjectStorage storage, ResourcePath path, JsonObject body) => storage.Change(path, before =>
    {
        if (before is null)
            throw ApiError.NotFound(path);
        var old = before.Parse();
        AssertNotModified(path, old, body["metadata"]);
        return Combine(path, old, body);
    });

    private static StoredObject Patch(ObjectStorage storage, ResourcePath path, JsonObject patch, bool isApply) => storage.Change(path, before =>
    {
        if (before is null)
            return isApply && path.Subresource is null ? patch : throw ApiError.NotFound(path);
        var old = before.Parse();
        AssertNotModified(path, old, patch["metadata"]);
        return Combine(path, old, (JsonObject)Merge(old.DeepClone(), patch)!);
    });

    /// <summary>Returns the object after a write. A write of the status changes nothing else, and another write does not change the status.</summary>
    private static JsonObject Combine(ResourcePath path, JsonObject old, JsonObject written)
    {
        var (into, from) = path.Subresource == "status" ? ((JsonObject)old.DeepClone(), written) : (written, old);
        if (path.Subresource == "status" || path.Resource.HasStatus)
        {
            into.Remove("status");
            if (from["status"] is { } status)
                into["status"] = status.DeepClone();
        }
        foreach (var kept in (string[])["uid", "creationTimestamp", "generation", "resourceVersion"])
            into["metadata"]![kept] = old["metadata"]![kept]?.DeepClone();
        if (into["metadata"]!["generation"] is null)
            into["metadata"]!.AsObject().Remove("generation");
        return into;
    }

    private static void AssertNotModified(ResourcePath path, JsonObject old, JsonNode? metadata)
    {
        if ((string?)metadata?["resourceVersion"] is { Length: > 0 } expected && expected != (string?)old["metadata"]!["resourceVersion"])
            throw ApiError.Conflict(path);
    }

    /// <summary>Applies a JSON merge patch (RFC 7396).</summary>
    private static JsonNode? Merge(JsonNode? target, JsonNode? patch)
    {
        if (patch is not JsonObject changes)
            return patch?.DeepClone();
        var merged = target as JsonObject ?? [];
        foreach (var (name, value) in changes)
        {
            if (value is null)
                merged.Remove(name);
            else
                merged[name] = Merge(merged[name]?.DeepClone(), value);
        }
        return merged;
    }

    private static async Task<JsonObject> ReadBodyAsync(HttpContext context)
    {
        try
        {
            return (await JsonNode.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted)) as JsonObject ?? throw ApiError.BadRequest("the body is no object");
        }
        catch (JsonException error)
        {
            throw ApiError.BadRequest(error.Message);
        }
    }
}
