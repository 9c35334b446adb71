using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Text.Json;
using NetPol.Kubernetes.Client;
using NetPol.Model;

namespace NetPol.Kubernetes.Watching;

/// <summary>
/// Follows one kind: lists it in pages, watches from there, and goes on from the last version after every end of a watch. It lists again only
/// when the server has forgotten the version; the sink then compares, so that nothing that was deleted meanwhile stays. That an optional
/// kind is missing is believed of a server that is ready: one that starts does not know yet what is defined. Before each watch it asks which
/// versions of an optional kind are served, and follows the newest that is read. While only others are served, the known objects stay.
/// </summary>
/// <param name="api">The server.</param>
/// <param name="resource">What to follow.</param>
/// <param name="sink">Where to; called by one thread at a time.</param>
/// <param name="time">The clock.</param>
/// <param name="jitter">From 0 to 1, another number on every call.</param>
/// <param name="trouble">Called for every failure that is tried again, and for objects without a name, which are passed over.</param>
/// <param name="unread">Called when the versions change that are served while none of them is read; with none once one is.</param>
internal sealed class Informer(
    KubernetesApi api, WatchedResource resource, IWatchSink sink, TimeProvider time, Func<double> jitter, Action<string, Exception> trouble, Action<string, ValueArray<string>> unread)
{
    private static readonly TimeSpan ShortestWatch = TimeSpan.FromSeconds(120);
    // A watch that ends sooner and without a word did not work.
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(1);
    // Past the end that the server was asked for, the connection is dead.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan AbsentPause = TimeSpan.FromSeconds(5);

    private volatile ServedVersion? _served;
    private string? _version;
    private bool _wasListed;
    private TimeSpan _pause = FirstPause;
    private bool _wasReady;
    private long _heardAt;

    /// <summary>When the server last told of the kind; null before it ever did.</summary>
    public DateTimeOffset? HeardAt => Interlocked.Read(ref _heardAt) is not 0 and var ticks ? new(ticks, TimeSpan.Zero) : null;

    /// <summary>What the server serves of the kind; null before it said. A kind that every server has is not asked about.</summary>
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
                    if (_version is null)
                        await ListAsync(path, cancel).ConfigureAwait(false);
                    await WatchAsync(path, cancel).ConfigureAwait(false);
                    continue;
                }
                pause = await MissAsync(cancel).ConfigureAwait(false);
            }
            catch (Exception error) when (ApiTrouble.IsPassing(error))
            {
                cancel.ThrowIfCancellationRequested();
                if (error is KubernetesApiException { IsExpired: true } or KubernetesApiException { Status: HttpStatusCode.NotFound })
                    _version = null;
                pause = Trouble(error);
            }
            await Task.Delay(pause * (0.5 + jitter()), time, cancel).ConfigureAwait(false);
        }
    }

    /// <summary>The path of the collection in the newest version that is served and read; null when there is none.</summary>
    private async Task<string?> DiscoverAsync(CancellationToken cancel)
    {
        if (!resource.IsOptional)
            return resource.PathOf(resource.NewestVersion);
        using var limit = new CancellationTokenSource(ObjectPages.Answer, time);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel, limit.Token);
        var served = await ServedVersion.FindAsync(api, resource, patience.Token).ConfigureAwait(false);
        var before = _served;
        _served = served;
        if (!string.Equals(before?.Version, served.Version, StringComparison.Ordinal))
            _version = null;
        if (served.Unread != (before?.Unread ?? []))
            unread(resource.Type.Kind, served.Unread);
        return served.Version is { } version ? resource.PathOf(version) : null;
    }

    /// <summary>The server serves no version that is read. If it serves none at all, and was ready before it said so, there are no objects.</summary>
    /// <returns>The pause before it is asked again.</returns>
    private async Task<TimeSpan> MissAsync(CancellationToken cancel)
    {
        if (_wasReady)
        {
            // Objects of a version that is not read are there all the same: what was read of them stays. The first time the other kinds must not wait.
            if (_served is not { Unread.Count: > 0 } || !_wasListed)
                sink.Replace([]);
            _wasListed = true;
            Heard();
            return AbsentPause;
        }
        try
        {
            using var limit = new CancellationTokenSource(ObjectPages.Answer, time);
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel, limit.Token);
            (await api.GetAsync("/readyz", patience.Token).ConfigureAwait(false)).Dispose();
            _wasReady = true;
            return FirstPause;
        }
        catch (Exception error) when (ApiTrouble.IsPassing(error))
        {
            cancel.ThrowIfCancellationRequested();
            return Trouble(error);
        }
    }

    private TimeSpan Trouble(Exception error)
    {
        trouble(resource.Type.Kind, error);
        _wasReady = false;
        var pause = _pause;
        _pause = _pause * 2 < LongestPause ? _pause * 2 : LongestPause;
        return pause;
    }

    private async Task ListAsync(string path, CancellationToken cancel)
    {
        var (objects, version) = await new ObjectPages(api, path, nameless => trouble(resource.Type.Kind, nameless)).ReadAsync(cancel).ConfigureAwait(false);
        sink.Replace(objects);
        Heard();
        (_version, _wasReady, _wasListed) = (version, false, true);
    }

    private async Task WatchAsync(string path, CancellationToken cancel)
    {
        var length = ShortestWatch * (1 + jitter());
        using var limit = new CancellationTokenSource(length + Grace, time);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel, limit.Token);
        var began = time.GetTimestamp();
        var silent = true;
        var query = $"watch=1&allowWatchBookmarks=true&resourceVersion={Uri.EscapeDataString(_version!)}&timeoutSeconds={(int)length.TotalSeconds}";
        using var response = await api.GetAsync($"{path}?{query}", patience.Token).ConfigureAwait(false);
        var stream = await response.Content.ReadAsStreamAsync(patience.Token).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            var lines = PipeReader.Create(stream, new(leaveOpen: true));
            while (await ReadLineAsync(lines, patience.Token).ConfigureAwait(false) is { } line)
            {
                if (line.Length == 0)
                    continue;
                Take(line);
                Heard();
                silent = false;
                _pause = FirstPause;
            }
        }
        if (silent && time.GetElapsedTime(began) < AtOnce)
            throw new IOException("the API server ended a watch at once");
        _pause = FirstPause;
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

    private void Heard() => Interlocked.Exchange(ref _heardAt, time.GetUtcNow().UtcTicks);

    /// <exception cref="JsonException">The line is no event: the watch starts again at the last good one.</exception>
    private void Take(byte[] line)
    {
        var (type, body) = ApiJson.ReadEvent(line);
        switch (type)
        {
            case "ADDED" or "MODIFIED":
                Take(body, sink.Put);
                break;
            case "DELETED":
                Take(body, sink.Remove);
                break;
            case "BOOKMARK":
                _version = ObjectPages.VersionOf(body.Metadata);
                break;
            case "ERROR":
                throw KubernetesApiException.Of(HttpStatusCode.InternalServerError, body.Json);
            default:
                throw new JsonException($"an event of a watch has the type {type}");
        }
    }

    private void Take(ApiObject body, Action<WatchedObject> tell)
    {
        WatchedObject live;
        try
        {
            live = WatchedObject.Create(body);
        }
        catch (JsonException nameless)
        {
            trouble(resource.Type.Kind, nameless);
            return;
        }
        tell(live);
        _version = live.ResourceVersion;
    }
}
