using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using System.Text.Json;
using NetPol.Kubernetes.Client;
using NetPol.Model;

namespace NetPol.Kubernetes.Watch;

/// <summary>
/// Follows one kind: lists it in pages, watches from there, and goes on from the last version after every end of a watch. It lists again only
/// when the server has forgotten the version, or has an older state than the known one; the sink then compares, so that nothing that was deleted meanwhile stays. That an optional
/// kind is missing is believed of a server that is ready: one that starts does not know yet what is defined. Before each watch it asks which
/// versions of an optional kind are served, and follows the newest that is read. While only others are served, the known objects stay.
/// </summary>
/// <param name="api">The server.</param>
/// <param name="resource">What to follow.</param>
/// <param name="sink">Where to; called by one thread at a time.</param>
/// <param name="time">The clock.</param>
/// <param name="jitter">From 0 to 1, another number on every call.</param>
/// <param name="failure">Called for every failure that is tried again, and for objects without a name, which are passed over.</param>
/// <param name="unread">Called when the versions change that are served while none of them is read; with none once one is.</param>
internal sealed class Informer(
    KubernetesApi api, WatchedResource resource, IObjectSink sink, TimeProvider time, Func<double> jitter, Action<string, Exception> failure, Action<string, ValueArray<string>> unread)
{
    private static readonly TimeSpan MinWatchTimeout = TimeSpan.FromSeconds(120);
    // A watch that ends sooner and without a word did not work.
    private static readonly TimeSpan MinWatchDuration = TimeSpan.FromSeconds(1);
    // Past the end that the server was asked for, the connection is dead.
    private static readonly TimeSpan TimeoutMargin = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan MinBackoff = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan MaxBackoff = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan MissingTypeRetry = TimeSpan.FromSeconds(5);

    private volatile ServedVersion? _served;
    private string? _version;
    private bool _wasListed;
    private TimeSpan _backoff = MinBackoff;
    private bool _wasReady;
    private long _lastResponseTicks;

    /// <summary>The time of the last response of the server for the kind; null before the first.</summary>
    public DateTimeOffset? LastResponseAt => Interlocked.Read(ref _lastResponseTicks) is not 0 and var ticks ? new(ticks, TimeSpan.Zero) : null;

    /// <summary>The versions of the kind that the server serves; null before discovery. Built-in kinds need no discovery.</summary>
    public ServedVersion? Served => resource.IsOptional ? _served : new(resource.NewestVersion, []);

    public async Task RunAsync(CancellationToken cancel)
    {
        while (true)
        {
            TimeSpan pause;
            try
            {
                if (await DiscoverAsync(cancel).ConfigureAwait(false) is { } path)
                {
                    if (_version is not null && await IsRestoredAsync(path, _version, cancel).ConfigureAwait(false))
                        _version = null;
                    if (_version is null)
                        await ListAsync(path, cancel).ConfigureAwait(false);
                    await WatchAsync(path, cancel).ConfigureAwait(false);
                    continue;
                }
                pause = await HandleMissingAsync(cancel).ConfigureAwait(false);
            }
            catch (Exception error) when (KubernetesErrors.IsTransient(error))
            {
                cancel.ThrowIfCancellationRequested();
                if (error is KubernetesApiException { IsExpired: true } or KubernetesApiException { Status: HttpStatusCode.NotFound })
                    _version = null;
                pause = RecordFailure(error);
            }
            await Task.Delay(pause * (0.5 + jitter()), time, cancel).ConfigureAwait(false);
        }
    }

    /// <summary>The path of the collection in the newest version that is served and read; null when there is none.</summary>
    private async Task<string?> DiscoverAsync(CancellationToken cancel)
    {
        if (!resource.IsOptional)
            return resource.PathOf(resource.NewestVersion);
        using var limit = new CancellationTokenSource(ObjectLister.RequestTimeout, time);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancel, limit.Token);
        var served = await ServedVersion.DiscoverAsync(api, resource, timeout.Token).ConfigureAwait(false);
        var before = _served;
        _served = served;
        if (!string.Equals(before?.Version, served.Version, StringComparison.Ordinal))
            _version = null;
        if (served.Unsupported != (before?.Unsupported ?? []))
            unread(resource.Type.Kind, served.Unsupported);
        return served.Version is { } version ? resource.PathOf(version) : null;
    }

    /// <summary>The server serves no version that is read. If it serves none at all, and was ready before it said so, there are no objects.</summary>
    /// <returns>The pause before it is asked again.</returns>
    private async Task<TimeSpan> HandleMissingAsync(CancellationToken cancel)
    {
        if (_wasReady)
        {
            // Objects of a version that is not read are there all the same: what was read of them stays. The first time the other kinds must not wait.
            if (_served is not { Unsupported.Count: > 0 } || !_wasListed)
                sink.Replace([]);
            _wasListed = true;
            RecordResponse();
            return MissingTypeRetry;
        }
        try
        {
            using var limit = new CancellationTokenSource(ObjectLister.RequestTimeout, time);
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancel, limit.Token);
            (await api.GetAsync("/readyz", timeout.Token).ConfigureAwait(false)).Dispose();
            _wasReady = true;
            return MinBackoff;
        }
        catch (Exception error) when (KubernetesErrors.IsTransient(error))
        {
            cancel.ThrowIfCancellationRequested();
            return RecordFailure(error);
        }
    }

    private TimeSpan RecordFailure(Exception error)
    {
        failure(resource.Type.Kind, error);
        _wasReady = false;
        var pause = _backoff;
        _backoff = _backoff * 2 < MaxBackoff ? _backoff * 2 : MaxBackoff;
        return pause;
    }

    private async Task ListAsync(string path, CancellationToken cancel)
    {
        var (objects, version) = await new ObjectLister(api, path, nameless => failure(resource.Type.Kind, nameless)).ListAsync(cancel).ConfigureAwait(false);
        sink.Replace(objects);
        RecordResponse();
        (_version, _wasReady, _wasListed) = (version, false, true);
    }

    /// <summary>
    /// Returns whether the server's state is older than the known one, as after a restore of etcd from a backup. A watch from a version of the future sends nothing until
    /// the server gets there, so changes would be lost without an error.
    /// </summary>
    private async Task<bool> IsRestoredAsync(string path, string known, CancellationToken cancel)
    {
        var now = await new ObjectLister(api, path, _ => { }).ReadVersionAsync(cancel).ConfigureAwait(false);
        // Resource versions are integers that grow (KEP-5504). Servers of other APIs may have other ones.
        if (!UInt128.TryParse(now, NumberStyles.None, CultureInfo.InvariantCulture, out var current) || !UInt128.TryParse(known, NumberStyles.None, CultureInfo.InvariantCulture, out var last) || current >= last)
            return false;
        failure(resource.Type.Kind, new IOException($"the API server is at resource version {now} after {known}, as after a restore of etcd: reading all objects again"));
        return true;
    }

    private async Task WatchAsync(string path, CancellationToken cancel)
    {
        var length = MinWatchTimeout * (1 + jitter());
        using var limit = new CancellationTokenSource(length + TimeoutMargin, time);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancel, limit.Token);
        var began = time.GetTimestamp();
        var silent = true;
        var query = $"watch=1&allowWatchBookmarks=true&resourceVersion={Uri.EscapeDataString(_version!)}&timeoutSeconds={(int)length.TotalSeconds}";
        using var response = await api.GetAsync($"{path}?{query}", timeout.Token).ConfigureAwait(false);
        var stream = await response.Content.ReadAsStreamAsync(timeout.Token).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            var lines = PipeReader.Create(stream, new(leaveOpen: true));
            while (await ReadLineAsync(lines, timeout.Token).ConfigureAwait(false) is { } line)
            {
                if (line.Length == 0)
                    continue;
                Dispatch(line);
                RecordResponse();
                silent = false;
                _backoff = MinBackoff;
            }
        }
        if (silent && time.GetElapsedTime(began) < MinWatchDuration)
            throw new IOException("the API server ended a watch at once");
        _backoff = MinBackoff;
    }

    /// <summary>The next line without its end; null at the end of the stream.</summary>
    private static async Task<byte[]?> ReadLineAsync(PipeReader lines, CancellationToken cancel)
    {
        while (true)
        {
            var read = await lines.ReadAsync(cancel).ConfigureAwait(false);
            if (read.Buffer.PositionOf((byte)'\n') is { } end)
            {
                var line = read.Buffer.Slice(0, end).ToArray();
                lines.AdvanceTo(read.Buffer.GetPosition(1, end));
                return line;
            }
            if (read.IsCompleted)
            {
                var rest = read.Buffer.ToArray();
                lines.AdvanceTo(read.Buffer.End);
                return rest.Length == 0 ? null : rest;
            }
            lines.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private void RecordResponse() => Interlocked.Exchange(ref _lastResponseTicks, time.GetUtcNow().UtcTicks);

    /// <exception cref="JsonException">The line is no event: the watch starts again at the last good one.</exception>
    private void Dispatch(byte[] line)
    {
        var (type, body) = ApiJson.ReadEvent(line);
        switch (type)
        {
            case "ADDED" or "MODIFIED":
                Dispatch(body, sink.AddOrUpdate);
                break;
            case "DELETED":
                Dispatch(body, sink.Remove);
                break;
            case "BOOKMARK":
                _version = ObjectLister.ReadVersion(body.Metadata);
                break;
            case "ERROR":
                throw KubernetesApiException.Create(HttpStatusCode.InternalServerError, body.Json);
            default:
                throw new JsonException($"an event of a watch has the type {type}");
        }
    }

    private void Dispatch(ApiObject body, Action<ReceivedObject> dispatch)
    {
        ReceivedObject live;
        try
        {
            live = ReceivedObject.Create(body);
        }
        catch (JsonException nameless)
        {
            failure(resource.Type.Kind, nameless);
            return;
        }
        dispatch(live);
        _version = live.ResourceVersion;
    }
}

/// <summary>Takes what an <see cref="Informer"/> learns of its kind.</summary>
internal interface IObjectSink
{
    /// <summary>These are all objects that there are; whatever else was known is gone.</summary>
    void Replace(IReadOnlyList<ReceivedObject> objects);

    /// <summary>An object is new or has changed.</summary>
    void AddOrUpdate(ReceivedObject changed);

    /// <summary>An object is gone.</summary>
    void Remove(ReceivedObject removed);
}
