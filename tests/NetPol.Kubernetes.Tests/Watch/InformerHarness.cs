using System.Collections.Concurrent;
using System.Threading.Channels;
using NetPol.Kubernetes.Client;
using NetPol.Kubernetes.Tests.Client;
using NetPol.Kubernetes.Watch;
using NetPol.Testing.ApiServer;
using NetPol.Testing.Infrastructure;

namespace NetPol.Kubernetes.Tests.Watch;

/// <summary>An informer of one kind that runs against a fake API server, with a clock that only the test advances.</summary>
internal sealed class InformerHarness : IAsyncDisposable
{
    /// <summary>Longer than any pause, which is half a minute and its half at the most, and shorter than any watch.</summary>
    public static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(46);

    private readonly Channel<Exception> _failures = Channel.CreateUnbounded<Exception>();
    private readonly CancellationTokenSource _stop = new();
    private readonly WatchedResource _resource;
    private readonly KubernetesApi _client;
    private readonly Informer _informer;
    private readonly Task _run;

    /// <param name="api">The server; the caller disposes of it.</param>
    /// <param name="kind">The kind to watch.</param>
    /// <param name="sink">The receiver of objects; null for <see cref="Sink"/>.</param>
    public InformerHarness(FakeApiServer api, string kind = "NetworkPolicy", IObjectSink? sink = null)
    {
        Api = api;
        _resource = WatchedResource.All.Single(k => string.Equals(k.Type.Kind, kind, StringComparison.Ordinal));
        _client = api.Open();
        _informer = new Informer(_client, _resource, sink ?? Sink, Time, () => 0.5, (about, error) =>
        {
            Assert.AreEqual(kind, about);
            Assert.IsTrue(_failures.Writer.TryWrite(error));
        }, (about, versions) => Unread.Enqueue($"{about}: {string.Join(' ', versions)}"));
        _run = _informer.RunAsync(_stop.Token);
    }

    public FakeApiServer Api { get; set; }

    public PausedTimeProvider Time { get; } = new(LongestPause);

    public RecordingSink Sink { get; } = new();

    /// <summary>The reports of versions that NetPol does not read, in order.</summary>
    public ConcurrentQueue<string> Unread { get; } = new();

    public ServedVersion? Served => _informer.Served;

    public int Failures => _failures.Reader.Count;

    /// <summary>Asks the informer to end, and does not wait for it.</summary>
    public void Stop() => _stop.Cancel();

    /// <summary>Waits until the informer has ended as one that was asked to.</summary>
    public Task EndAsync() => Assert.ThrowsAsync<OperationCanceledException>(() => _run.WithinAsync("the informer to end"));

    public Task<Exception> FailureAsync() => _failures.Reader.ReadAsync().AsTask().WithinAsync("the informer to report an error");

    /// <param name="version">The version that is asked for; null for the newest.</param>
    public async Task<ScriptedRequest> ListAsync(string? version = null)
    {
        var request = await Api.Script.NextAsync(_resource.PathOf(version ?? _resource.NewestVersion));
        Assert.IsFalse(request.IsWatch, "a watch came where a list was due");
        return request;
    }

    /// <summary>Takes the next watch. Before a watch that continues, the informer asks for the version of the server's state: it is still the same.</summary>
    /// <param name="from">The resource version from which on it watches.</param>
    /// <param name="version">The version that is asked for; null for the newest.</param>
    public async Task<ScriptedRequest> WatchAsync(int from, string? version = null)
    {
        var path = _resource.PathOf(version ?? _resource.NewestVersion);
        var request = await Api.Script.NextAsync(path);
        if (request["limit"] is "1")
        {
            await request.AnswerAsync(ApiText.List(from, null));
            request = await Api.Script.NextAsync(path);
        }
        Assert.IsTrue(request.IsWatch, "a list came where a watch was due");
        Assert.AreEqual($"{from}", request["resourceVersion"]);
        return request;
    }

    /// <summary>Answers the first list with these objects, at version 10, and takes the watch.</summary>
    public async Task<ScriptedRequest> ListedAsync(params string[] names)
    {
        await (await ListAsync()).AnswerAsync(ApiText.List(10, null, [.. names.Select((name, i) => ApiText.Object(name, i + 1, "shop"))]));
        Assert.AreEqual($"all: {string.Join(' ', names)}", await Sink.NextAsync());
        return await WatchAsync(10);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await EndAsync();
        _client.Dispose();
        _stop.Dispose();
    }
}

/// <summary>Records the calls as text.</summary>
internal sealed class RecordingSink : IObjectSink
{
    private readonly Channel<string> _reports = Channel.CreateUnbounded<string>();

    public void Replace(IReadOnlyList<ReceivedObject> objects) => Report($"all: {string.Join(' ', objects.Select(o => o.Name))}");

    public void AddOrUpdate(ReceivedObject changed) => Report($"put {changed.Name}");

    public void Remove(ReceivedObject removed) => Report($"remove {removed.Name}");

    public Task<string> NextAsync() => _reports.Reader.ReadAsync().AsTask().WithinAsync("news of the informer");

    private void Report(string what) => Assert.IsTrue(_reports.Writer.TryWrite(what));
}
