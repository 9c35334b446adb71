using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;

namespace NetPol.Testing.ApiServer;

/// <summary>Answers and faults that a test sets for a path, with any query. They take precedence over stored objects. Safe for any thread.</summary>
public sealed class PreparedAnswers
{
    private readonly ConcurrentDictionary<string, RequestDelegate> _answers = new(StringComparer.Ordinal);

    /// <summary>Answers every request that has no answer of its own. Null for the usual answers.</summary>
    public RequestDelegate? Default { get; set; }

    /// <summary>Returns an answer that ends in the middle of an object.</summary>
    /// <param name="cuts">Whether the connection breaks. Otherwise the answer ends regularly.</param>
    public static RequestDelegate Truncated(bool cuts) => async context =>
    {
        if (cuts)
            context.Response.ContentLength = 1000;
        await context.Response.WriteAsync("""{"metadata":{""");
        await context.Response.Body.FlushAsync();
        if (cuts)
            context.Abort();
    };

    /// <summary>Answers a path from now on.</summary>
    public void Set(string path, string body, int status = 200) => _answers[path] = context =>
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsync(body);
    };

    /// <summary>Answers a path with an error of the API server from now on.</summary>
    public void Fail(string path, int code, string reason, string message) => Set(path, ApiText.Status(code, reason, message), code);

    /// <summary>Answers a path as usual again.</summary>
    public void Clear(string path) => _answers.TryRemove(path, out _);

    internal async Task<bool> TryAnswerAsync(HttpContext context)
    {
        if ((_answers.GetValueOrDefault(context.Request.Path.Value!) ?? Default) is not { } answer)
            return false;
        await answer(context);
        return true;
    }
}
