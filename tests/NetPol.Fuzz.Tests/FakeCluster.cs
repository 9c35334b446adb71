using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace NetPol.Fuzz.Tests;

/// <summary>
/// As much of an API server as a controller needs: one node, which has the address 127.0.0.1, the pod of an agent on it, and reviews of tokens that take their time. Every
/// token that the test has not given out is refused.
/// </summary>
internal sealed class FakeCluster : IAsyncDisposable
{
    public const string Node = "n1";
    private const string Pod = """{"metadata":{"name":"netpol-agent-x","namespace":"netpol-system","uid":"u","resourceVersion":"1"},"spec":{"nodeName":"n1","hostNetwork":true,"containers":[]},"status":{"phase":"Running","podIPs":[{"ip":"127.0.0.1"}]}}""";

    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, JsonNode> _objects = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, byte> _tokens = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _end = new();
    private readonly TimeSpan _answer;
    private readonly Lock _lock = new();
    private int _asked;
    private int _unauthenticatedClients;

    private FakeCluster(WebApplication app, TimeSpan answer) => (_app, _answer) = (app, answer);

    public Uri Address => new(_app.Urls.Single());

    /// <summary>How many tokens were asked about that nobody has given out.</summary>
    public int UnauthenticatedClientReviews { get; private set; }

    /// <summary>How many of those were under way together, at most.</summary>
    public int MostUnauthenticatedClientsTogether { get; private set; }

    /// <param name="answer">How long a review takes.</param>
    public static async Task<FakeCluster> StartAsync(TimeSpan answer)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var cluster = new FakeCluster(app, answer);
        app.Run(cluster.AnswerAsync);
        await app.StartAsync();
        return cluster;
    }

    /// <summary>Gives out a token of the agent, another one each time.</summary>
    public string GiveToken()
    {
        var token = UnsignedTokens.Make($"good-{Interlocked.Increment(ref _asked)}");
        _tokens[token] = 0;
        return token;
    }

    /// <summary>The data of an object that the controller wrote; null before.</summary>
    public string? Find(string path, string key) => _objects.TryGetValue(path, out var found) ? (string?)found["data"]?[key] : null;

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _app.DisposeAsync();
        _end.Dispose();
    }

    private Task AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        context.Response.ContentType = "application/json";
        if (path.EndsWith("/tokenreviews", StringComparison.Ordinal))
            return ReviewAsync(context);
        if (path.EndsWith("/readyz", StringComparison.Ordinal))
            return context.Response.WriteAsync("ok");
        if (path.EndsWith("/pods/netpol-agent-x", StringComparison.Ordinal))
            return context.Response.WriteAsync(Pod);
        if (ListOf(path) is { } items)
            return context.Request.Query.ContainsKey("watch") ? WatchAsync(context) : context.Response.WriteAsync($$"""{"metadata":{"resourceVersion":"1"},"items":[{{items}}]}""");
        return StoreAsync(context, path);
    }

    private static string? ListOf(string path) => path switch
    {
        "/api/v1/namespaces" => """{"metadata":{"name":"netpol-system","uid":"s","resourceVersion":"1"}}""",
        "/api/v1/nodes" => """{"metadata":{"name":"n1","uid":"n","resourceVersion":"1"},"spec":{"podCIDRs":["10.1.0.0/24"]},"status":{"addresses":[{"type":"InternalIP","address":"127.0.0.1"}]}}""",
        "/api/v1/pods" => Pod,
        "/apis/networking.k8s.io/v1/networkpolicies" => "",
        _ => null,
    };

    private async Task WatchAsync(HttpContext context)
    {
        await context.Response.Body.FlushAsync();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _end.Token);
        await Task.Delay(Timeout.Infinite, either.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task StoreAsync(HttpContext context, string path)
    {
        if (HttpMethods.IsGet(context.Request.Method))
        {
            if (_objects.TryGetValue(path, out var found))
            {
                await context.Response.WriteAsync(found.ToJsonString());
                return;
            }
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            await context.Response.WriteAsync("""{"kind":"Status","status":"Failure","reason":"NotFound","code":404}""");
            return;
        }
        var written = (await JsonNode.ParseAsync(context.Request.Body))!;
        if (HttpMethods.IsPost(context.Request.Method))
            path = $"{path}/{written["metadata"]?["name"]}";
        _objects[path] = written;
        await context.Response.WriteAsync(written.ToJsonString());
    }

    private async Task ReviewAsync(HttpContext context)
    {
        var review = (await JsonNode.ParseAsync(context.Request.Body))!;
        var isGood = _tokens.ContainsKey((string?)review["spec"]?["token"] ?? "");
        if (!isGood)
            Began();
        try
        {
            await Task.Delay(_answer, context.RequestAborted);
        }
        finally
        {
            if (!isGood)
                Interlocked.Decrement(ref _unauthenticatedClients);
        }
        review["status"] = JsonNode.Parse(isGood
            ? """
              {"authenticated":true,"audiences":["netpol"],"user":{"username":"system:serviceaccount:netpol-system:netpol-agent",
              "extra":{"authentication.kubernetes.io/pod-name":["netpol-agent-x"],"authentication.kubernetes.io/pod-uid":["u"]}}}
              """
            : """{"authenticated":false,"error":"invalid bearer token"}""");
        await context.Response.WriteAsync(review.ToJsonString());
    }

    private void Began()
    {
        lock (_lock)
        {
            UnauthenticatedClientReviews++;
            MostUnauthenticatedClientsTogether = Math.Max(MostUnauthenticatedClientsTogether, Interlocked.Increment(ref _unauthenticatedClients));
        }
    }
}
