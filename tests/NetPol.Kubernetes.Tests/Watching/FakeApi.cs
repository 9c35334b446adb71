using System.Collections.Concurrent;
using System.Net;
using System.Threading.Channels;
using k8s;
using k8s.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using NetPol.Kubernetes.Watching;
using NetPol.Testing;

namespace NetPol.Kubernetes.Tests.Watching;

/// <summary>An API server on loopback that answers nothing by itself: the test takes each request and answers it.</summary>
internal sealed class FakeApi : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Channel<FakeRequest>> _requests = new(StringComparer.Ordinal);
    private readonly WebApplication _app;

    private FakeApi(WebApplication app) => _app = app;

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
        var request = new FakeRequest(context);
        await Requests(context.Request.Path).Writer.WriteAsync(request);
        await request.Answered;
    }

    private Channel<FakeRequest> Requests(string path) => _requests.GetOrAdd(path, _ => Channel.CreateUnbounded<FakeRequest>());
}
