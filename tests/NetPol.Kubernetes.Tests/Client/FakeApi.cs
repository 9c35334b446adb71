using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using k8s;
using k8s.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using NetPol.Kubernetes.Client;
using NetPol.Testing.Infrastructure;

namespace NetPol.Kubernetes.Tests.Client;

/// <summary>
/// An API server on loopback that answers by itself only which versions of the policy kinds it serves: the test takes every other request and
/// answers it.
/// </summary>
internal sealed class FakeApi : IAsyncDisposable
{
    public const string Group = "/apis/policy.networking.k8s.io";

    private readonly ConcurrentDictionary<string, Channel<FakeRequest>> _requests = new(StringComparer.Ordinal);
    private readonly WebApplication _app;

    private readonly ConcurrentQueue<IReadOnlyDictionary<string, string>> _next = new();
    private volatile IReadOnlyDictionary<string, string> _discovery = new Dictionary<string, string>(StringComparer.Ordinal);

    private FakeApi(WebApplication app)
    {
        _app = app;
        Serve(("v1beta1", ["clusternetworkpolicies"]), ("v1alpha2", ["clusternetworkpolicies"]), ("v1alpha1", ["adminnetworkpolicies", "baselineadminnetworkpolicies"]));
    }

    public KubernetesClientConfiguration Configuration => new() { Host = _app.Urls.Single() };

    /// <param name="port">Where to listen; 0 for any.</param>
    public static async Task<FakeApi> StartAsync(int port = 0)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Listen(IPAddress.Loopback, port);
        });
        var api = new FakeApi(builder.Build());
        api._app.Run(api.TakeAsync);
        await api._app.StartAsync();
        return api;
    }

    /// <param name="proof">The client's credential; null for none.</param>
    public KubernetesApi Open(ITokenProvider? proof = null)
    {
        var configuration = Configuration;
        configuration.TokenProvider = proof;
        return new(configuration);
    }

    /// <summary>Returns the next request to a path, in order of arrival.</summary>
    public Task<FakeRequest> NextAsync(string path) => Requests(path).Reader.ReadAsync().AsTask().WithinAsync($"a request to {path}");

    /// <summary>From now on the server says that it serves these versions of the policy kinds, the preferred one first.</summary>
    public void Serve(params (string Version, string[] Resources)[] versions) => _discovery = Answers(versions);

    /// <summary>As <see cref="Serve"/>, from the next request for the group on; several calls are for as many requests.</summary>
    public void ServeNext(params (string Version, string[] Resources)[] versions) => _next.Enqueue(Answers(versions));

    /// <summary>From now on the server answers these paths of the discovery API so, and others of the group with 404.</summary>
    public void Replay(IReadOnlyDictionary<string, string> answers) => _discovery = answers;

    /// <summary>Returns the number of requests to a path that the test has not taken.</summary>
    public int Waiting(string path) => Requests(path).Reader.Count;

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

    private async Task TakeAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        if (path.StartsWith(Group, StringComparison.Ordinal) && path.Count(c => c == '/') <= 3)
        {
            if (string.Equals(path, Group, StringComparison.Ordinal) && _next.TryDequeue(out var next))
                _discovery = next;
            var isServed = _discovery.TryGetValue(path, out var answer);
            context.Response.StatusCode = isServed ? 200 : 404;
            await context.Response.WriteAsync(answer ?? "404 page not found");
            return;
        }
        var request = new FakeRequest(context);
        await Requests(context.Request.Path).Writer.WriteAsync(request);
        await request.Answered;
    }

    private static Dictionary<string, string> Answers((string Version, string[] Resources)[] versions)
    {
        var group = new JsonObject { ["kind"] = "APIGroup", ["versions"] = new JsonArray([.. versions.Select(v => new JsonObject { ["version"] = v.Version })]) };
        var answers = versions.ToDictionary(
            v => $"{Group}/{v.Version}",
            v => new JsonObject { ["resources"] = new JsonArray([.. v.Resources.Select(r => new JsonObject { ["name"] = r })]) }.ToJsonString(),
            StringComparer.Ordinal);
        if (versions.Length > 0)
            answers[Group] = group.ToJsonString();
        return answers;
    }

    private Channel<FakeRequest> Requests(string path) => _requests.GetOrAdd(path, _ => Channel.CreateUnbounded<FakeRequest>());
}

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

    /// <summary>Completes when the answer is complete, or the client has disconnected.</summary>
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

    /// <summary>Closes the connection in the middle of the answer.</summary>
    public void Cut() => _context.Abort();
}

/// <summary>The proof of who asks, which fails once when it is told to.</summary>
internal sealed class FailingTokenProvider : ITokenProvider
{
    private Exception? _failure;

    public Exception? Failure
    {
        set => Volatile.Write(ref _failure, value);
    }

    public Task<AuthenticationHeaderValue> GetAuthenticationHeaderAsync(CancellationToken cancellationToken) => Interlocked.Exchange(ref _failure, null) is { } failure
        ? Task.FromException<AuthenticationHeaderValue>(failure)
        : Task.FromResult<AuthenticationHeaderValue>(new("Bearer", "token"));
}

/// <summary>What an API server sends, as text.</summary>
internal static class ApiText
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
    public static ReceivedObject Received(string json) => ReceivedObject.Create(ApiJson.ReadEvent(Encoding.UTF8.GetBytes($$"""{"type":"ADDED","object":{{json}}}""")).Object);

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
