using Microsoft.AspNetCore.Http;

namespace NetPol.Kubernetes.Tests.Watching;

/// <summary>A request that waits for the test's answer.</summary>
internal sealed class FakeRequest
{
    private readonly HttpContext _context;
    private readonly TaskCompletionSource _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public FakeRequest(HttpContext context)
    {
        _context = context;
        context.RequestAborted.Register(() => _answered.TrySetResult());
    }

    /// <summary>Completes when the answer is whole, or nobody waits for it.</summary>
    public Task Answered => _answered.Task;

    public bool IsWatch => this["watch"] is "1";

    /// <summary>A parameter of the query; null when it is not there.</summary>
    public string? this[string parameter] => _context.Request.Query.TryGetValue(parameter, out var value) ? value.ToString() : null;

    public async Task<string> BodyAsync()
    {
        using var reader = new StreamReader(_context.Request.Body);
        return await reader.ReadToEndAsync();
    }

    public async Task AnswerAsync(string body, int status = 200)
    {
        _context.Response.StatusCode = status;
        await SendAsync(body);
        End();
    }

    /// <summary>Sends a part of the answer, the head before the first.</summary>
    public async Task SendAsync(string text)
    {
        await _context.Response.WriteAsync(text);
        await _context.Response.Body.FlushAsync();
    }

    /// <summary>Sends the head alone.</summary>
    public Task BeginAsync() => _context.Response.Body.FlushAsync();

    public void End() => _answered.TrySetResult();

    /// <summary>Cuts the connection.</summary>
    public void Cut() => _context.Abort();
}
