using System.Collections.Concurrent;
using System.Net;
using k8s;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace NetPol.Testing.ApiServer;

/// <summary>
/// A Kubernetes API server on loopback, without TLS and authorization. It stores objects (<see cref="Objects"/>), reviews tokens (<see cref="Tokens"/>) and answers what a
/// test prepares (<see cref="Answers"/>). In the scripted form, the test answers each request itself (<see cref="Script"/>). The contract tests of
/// NetPol.Kubernetes.Tests compare it with kube-apiserver.
/// </summary>
public sealed class FakeApiServer : IAsyncDisposable
{
    private readonly ConcurrentQueue<string> _requests = new();
    private readonly WebApplication _app;
    private readonly bool _isScripted;
    private readonly Lazy<k8s.Kubernetes> _client;
    private CancellationTokenSource _watches = new();

    private FakeApiServer(WebApplication app, bool isScripted) => (_app, _isScripted, _client) = (app, isScripted, new(() => new(Configuration)));

    public Uri Address => new(_app.Urls.Single());

    public KubernetesClientConfiguration Configuration => new() { Host = _app.Urls.Single() };

    /// <summary>A client without a credential. The server disposes of it.</summary>
    public k8s.Kubernetes Client => _client.Value;

    public ObjectStorage Objects { get; } = new();

    public ApiDiscovery Discovery { get; } = new();

    public TokenReviews Tokens { get; } = new();

    public PreparedAnswers Answers { get; } = new();

    public ScriptedRequests Script { get; } = new();

    /// <summary>The path and query of every request, in order of arrival.</summary>
    public IReadOnlyCollection<string> Requests => _requests;

    /// <summary>Starts a server that answers by itself.</summary>
    public static Task<FakeApiServer> StartAsync() => StartAsync(port: 0, isScripted: false);

    /// <summary>Starts a server that answers only discovery by itself. All other requests wait for the test in <see cref="Script"/>.</summary>
    /// <param name="port">The port; 0 for any.</param>
    public static Task<FakeApiServer> StartScriptedAsync(int port = 0) => StartAsync(port, isScripted: true);

    /// <summary>Breaks the connections of all watches.</summary>
    public void CutWatches()
    {
        using var cut = Interlocked.Exchange(ref _watches, new());
        cut.Cancel();
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
        _watches.Dispose();
        if (_client.IsValueCreated)
            _client.Value.Dispose();
    }

    private static async Task<FakeApiServer> StartAsync(int port, bool isScripted)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(IPAddress.Loopback, port);
        });
        var api = new FakeApiServer(builder.Build(), isScripted);
        api._app.Run(api.AnswerAsync);
        await api._app.StartAsync();
        return api;
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        _requests.Enqueue(path + context.Request.QueryString);
        context.Response.ContentType = "application/json";
        try
        {
            if (await Answers.TryAnswerAsync(context))
                return;
            if (ApiDiscovery.IsDiscovery(path))
                await AnswerTextAsync(context, Discovery.Find(path));
            else if (_isScripted)
                await Script.AddAsync(context);
            else if (path.EndsWith("/tokenreviews", StringComparison.Ordinal))
                await Tokens.ReviewAsync(context);
            else if (path is "/readyz")
                await AnswerTextAsync(context, "ok");
            else if (ResourcePath.Parse(path) is { } resource && (!resource.Resource.IsCustom || Discovery.IsServed(resource)))
                await AnswerAsync(context, resource);
            else
                await AnswerTextAsync(context, null);
        }
        catch (ApiError error)
        {
            await error.WriteAsync(context);
        }
    }

    private async Task AnswerAsync(HttpContext context, ResourcePath path)
    {
        var collection = Objects.Collection(path);
        if (!HttpMethods.IsGet(context.Request.Method))
        {
            await WriteHandler.AnswerAsync(context, path, Objects);
        }
        else if (path.Name is not null)
        {
            var live = Objects.Read(path) ?? throw ApiError.NotFound(path);
            await live.WriteAsync(context);
        }
        else if (context.Request.Query["watch"].ToString() is "1" or "true")
        {
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _watches.Token);
            await new WatchHandler(collection, path, ended.Token).AnswerAsync(context);
            if (ended.IsCancellationRequested)
                context.Abort();
        }
        else
        {
            await ListHandler.AnswerAsync(context, path, collection);
        }
    }

    private static Task AnswerTextAsync(HttpContext context, string? text)
    {
        context.Response.StatusCode = text is null ? StatusCodes.Status404NotFound : StatusCodes.Status200OK;
        return context.Response.WriteAsync(text ?? "404 page not found");
    }
}
