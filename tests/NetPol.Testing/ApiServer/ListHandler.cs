using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace NetPol.Testing.ApiServer;

/// <summary>Answers lists, in pages if the client sets <c>limit</c>. All pages of a list are of one resource version.</summary>
internal static class ListHandler
{
    public static async Task AnswerAsync(HttpContext context, ResourcePath path, ObjectCollection collection)
    {
        var query = context.Request.Query;
        var selects = LabelSelector.Parse(query);
        var (version, start, objects) = Read(collection, query["continue"].ToString());
        var matching = objects.Where(o => (path.Namespace is null || o.Namespace == path.Namespace) && selects(o)).Skip(start).ToArray();
        var limit = int.TryParse(query["limit"], out var most) && most > 0 ? most : int.MaxValue;
        var page = matching.AsMemory(0, Math.Min(limit, matching.Length));
        var rest = matching.Length - page.Length;
        var metadata = new Dictionary<string, object>(StringComparer.Ordinal) { ["resourceVersion"] = $"{version}" };
        if (rest > 0)
        {
            if (start == 0)
                collection.KeepForPages(new(version, 0, objects));
            metadata["continue"] = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{version}:{start + page.Length}"));
            metadata["remainingItemCount"] = rest;
        }
        WritePage(context.Response.BodyWriter, path, JsonSerializer.Serialize(metadata), page.Span);
        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
    }

    private static (long Version, int Start, StoredObject[] Objects) Read(ObjectCollection collection, string token)
    {
        if (token.Length == 0)
        {
            var snapshot = collection.Read();
            return (snapshot.Version, 0, snapshot.Objects);
        }
        var bytes = new byte[token.Length];
        if (!Convert.TryFromBase64String(token, bytes, out var length)
            || Encoding.UTF8.GetString(bytes, 0, length).Split(':') is not [var first, var second]
            || !long.TryParse(first, out var version)
            || !int.TryParse(second, out var start))
            throw ApiError.BadRequest("continue key is not valid");
        return collection.FindForPages(version) is { } objects
            ? (version, start, objects)
            : throw ApiError.Expired("The provided continue parameter is too old to display a consistent list result. Start a new list without the continue parameter.");
    }

    private static void WritePage(IBufferWriter<byte> output, ResourcePath path, string metadata, ReadOnlySpan<StoredObject> page)
    {
        output.Write(Encoding.UTF8.GetBytes(
            $"{{\"kind\":\"{path.Resource.Kind}List\",\"apiVersion\":\"{path.Resource.ApiVersion(path.Version)}\",\"metadata\":{metadata},\"items\":["));
        for (var i = 0; i < page.Length; i++)
        {
            if (i > 0)
                output.Write(","u8);
            page[i].WriteItem(output);
        }
        output.Write("]}\n"u8);
    }
}

/// <summary>Label selectors of the forms <c>key=value</c>, <c>key==value</c> and <c>key</c>, joined by commas. Other selectors are refused.</summary>
internal static class LabelSelector
{
    /// <summary>Returns whether an object matches the selector of a request.</summary>
    public static Func<StoredObject, bool> Parse(IQueryCollection query)
    {
        if (query.ContainsKey("fieldSelector"))
            throw ApiError.BadRequest("this server does not implement field selectors");
        var requirements = query["labelSelector"].ToString().Split(',', StringSplitOptions.RemoveEmptyEntries).Select(Requirement).ToArray();
        return o => requirements.All(r => o.Labels.TryGetValue(r.Key, out var value) && (r.Value is null || value == r.Value));
    }

    private static (string Key, string? Value) Requirement(string text) => text.Replace("==", "=", StringComparison.Ordinal).Split('=') switch
    {
        [var key, var value] when !key.EndsWith('!') => (key.Trim(), value.Trim()),
        [var key] when key.AsSpan().IndexOfAny(" !()") < 0 => (key, null),
        _ => throw ApiError.BadRequest($"this server does not implement the label selector {text}"),
    };
}
