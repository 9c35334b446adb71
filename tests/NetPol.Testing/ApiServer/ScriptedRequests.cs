using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http;
using NetPol.Testing.Infrastructure;

namespace NetPol.Testing.ApiServer;

/// <summary>The requests that wait for a test's answers, by path. Safe for any thread.</summary>
public sealed class ScriptedRequests
{
    private readonly ConcurrentDictionary<string, Channel<ScriptedRequest>> _requests = new(StringComparer.Ordinal);

    /// <summary>Waits for the next request to a path and returns it, in order of arrival.</summary>
    public Task<ScriptedRequest> NextAsync(string path) => Requests(path).Reader.ReadAsync().AsTask().WithinAsync($"a request to {path}");

    internal async Task AddAsync(HttpContext context)
    {
        var request = new ScriptedRequest(context);
        await Requests(context.Request.Path.Value!).Writer.WriteAsync(request);
        await request.Answered;
    }

    private Channel<ScriptedRequest> Requests(string path) => _requests.GetOrAdd(path, _ => Channel.CreateUnbounded<ScriptedRequest>());
}

/// <summary>A request that waits for a test's answer.</summary>
public sealed class ScriptedRequest
{
    private readonly HttpContext _context;
    private readonly TaskCompletionSource _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal ScriptedRequest(HttpContext context)
    {
        _context = context;
        context.RequestAborted.Register(() => _answered.TrySetResult());
    }

    /// <summary>Completes when the answer is complete, or the client has disconnected.</summary>
    public Task Answered => _answered.Task;

    public bool IsWatch => this["watch"] is "1";

    /// <summary>A parameter of the query. Null if it is missing.</summary>
    public string? this[string parameter] => _context.Request.Query.TryGetValue(parameter, out var value) ? value.ToString() : null;

    /// <summary>Sends the complete answer.</summary>
    public async Task AnswerAsync(string body, int status = 200)
    {
        _context.Response.StatusCode = status;
        await SendAsync(body);
        End();
    }

    /// <summary>Sends a part of the answer. The first part comes after the headers.</summary>
    public async Task SendAsync(string text)
    {
        await _context.Response.WriteAsync(text);
        await _context.Response.Body.FlushAsync();
    }

    /// <summary>Sends only the headers.</summary>
    public Task BeginAsync() => _context.Response.Body.FlushAsync();

    /// <summary>Completes the answer.</summary>
    public void End() => _answered.TrySetResult();

    /// <summary>Closes the connection before the answer is complete.</summary>
    public void Cut() => _context.Abort();
}
