using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using k8s;
using k8s.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using NetPol.Kubernetes.Client;
using NetPol.Testing;

namespace NetPol.Kubernetes.Tests.Watching;

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

    /// <param name="proof">Of who asks; null for none.</param>
    public KubernetesApi Open(ITokenProvider? proof = null)
    {
        var configuration = Configuration;
        configuration.TokenProvider = proof;
        return new(configuration);
    }

    /// <summary>The next request to a path, in the order in which they came.</summary>
    public Task<FakeRequest> NextAsync(string path) => Requests(path).Reader.ReadAsync().AsTask().WithinAsync($"a request to {path}");

    /// <summary>From now on the server says that it serves these versions of the policy kinds, the preferred one first.</summary>
    public void Serve(params (string Version, string[] Resources)[] versions) => _discovery = Answers(versions);

    /// <summary>As <see cref="Serve"/>, from the next request for the group on; several calls are for as many requests.</summary>
    public void ServeNext(params (string Version, string[] Resources)[] versions) => _next.Enqueue(Answers(versions));

    /// <summary>From now on the server answers these paths of the discovery API so, and others of the group with 404.</summary>
    public void Replay(IReadOnlyDictionary<string, string> answers) => _discovery = answers;

    /// <summary>How many requests to a path came and were not taken.</summary>
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
