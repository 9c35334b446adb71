using NetPol.Kubernetes.Client;
using NetPol.Kubernetes.Objects;
using NetPol.Kubernetes.Objects.Common;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;

namespace NetPol.Kubernetes.Watch;

/// <summary>Follows everything in a cluster that policies depend on. What changes faster than it is taken is joined: no queue grows.</summary>
public sealed class ClusterWatcher : IDisposable
{
    private readonly SemaphoreSlim _changed = new(0, 1);
    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly ObjectStore<string, Namespace> _namespaces;
    private readonly ObjectStore<PodId, Pod> _pods;
    private readonly ObjectStore<string, Node> _nodes;
    private readonly List<ObjectStore<PolicyId, WatchedPolicy>> _policies = [];
    private readonly List<(WatchedResource Resource, IObjectStore Store, Informer Informer)> _informers = [];
    private DateTimeOffset? _oldestChangeAt;

    /// <param name="api">The server.</param>
    /// <param name="time">The clock.</param>
    /// <param name="failure">Called, with the kind, for every failure that is tried again.</param>
    /// <param name="unread">Called, with the kind, when the versions change that are served of it while none of them is read; with none once one is.</param>
    public ClusterWatcher(KubernetesApi api, TimeProvider time, Action<string, Exception> failure, Action<string, ValueArray<string>> unread)
        : this(api, WatchedResource.All, time, failure, unread)
    {
    }

    internal ClusterWatcher(KubernetesApi api, IEnumerable<WatchedResource> resources, TimeProvider time, Action<string, Exception> failure, Action<string, ValueArray<string>> unread)
    {
        _time = time;
        ObjectStore<string, Namespace>? namespaces = null;
        ObjectStore<PodId, Pod>? pods = null;
        ObjectStore<string, Node>? nodes = null;
        foreach (var resource in resources)
        {
            IObjectStore store = resource.Reader switch
            {
                IObjectReader<Namespace> reader => namespaces = new(live => ReceivedObjectReader.Read(reader, live, []) is { } read ? (read.Name, read) : null, OnChanged, Keep<(string, Namespace)?>),
                IObjectReader<HostedPod> reader => pods = new(live => ReceivedObjectReader.Read(reader, live, []) is { Pod: var read } ? (read.Id, read) : null, OnChanged, Keep<(PodId, Pod)?>),
                IObjectReader<Node> reader => nodes = new(live => ReceivedObjectReader.Read(reader, live, []) is { } read ? (read.Name, read) : null, OnChanged, Keep<(string, Node)?>),
                IObjectReader<Policy> reader => AddPolicies(reader, failure),
                var other => throw new InvalidOperationException($"there is no store for a {other.Type.Kind}"),
            };
            _informers.Add((resource, store, new(api, resource, store, time, Random.Shared.NextDouble, failure, unread)));
        }
        (_namespaces, _pods, _nodes) = (namespaces!, pods!, nodes!);

        // What was read before stays.
        TResult? Keep<TResult>(ReceivedObject live, object? before, Exception error)
        {
            failure($"{live.Namespace}/{live.Name}", error);
            return default;
        }
    }

    private bool Synced => _namespaces.IsSynced && _pods.IsSynced && _nodes.IsSynced && _policies.TrueForAll(p => p.IsSynced);

    /// <summary>The state of the watch of each kind. Thread-safe.</summary>
    public IReadOnlyList<ResourceWatchState> States => [.. _informers.Select(i => new ResourceWatchState(i.Resource.Type.Kind, i.Store.IsSynced, i.Store.ObjectCount, i.Store.PendingCount, i.Informer.LastResponseAt, i.Informer.Served?.Version, i.Informer.Served?.Unsupported ?? []))];

    /// <summary>
    /// Watches all kinds until canceled, and retries transient errors. When one kind fails for good, all watches stop. Otherwise the state would mix
    /// old objects of that kind with new objects of others.
    /// </summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var following = _informers.ConvertAll(i => i.Informer.RunAsync(stop.Token));
        var first = await Task.WhenAny(following).ConfigureAwait(false);
        await stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(following).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await first.ConfigureAwait(false);
    }

    /// <summary>
    /// Waits until something changed. The first batch comes when every kind was listed, and holds everything; a kind whose definition the
    /// cluster lacks counts as listed and empty. For one caller at a time.
    /// </summary>
    public async Task<WatchBatch> NextBatchAsync(CancellationToken cancel)
    {
        do
            await _changed.WaitAsync(cancel).ConfigureAwait(false);
        while (!Synced);
        DateTimeOffset oldest;
        lock (_lock)
        {
            oldest = _oldestChangeAt ?? _time.GetUtcNow();
            _oldestChangeAt = null;
        }
        var policies = _policies.SelectMany(p => (IEnumerable<KeyValuePair<PolicyId, WatchedPolicy?>>)p.TakeChanges()).ToValueArray();
        var changes = new ClusterChanges
        {
            Namespaces = _namespaces.TakeChanges(),
            Nodes = _nodes.TakeChanges(),
            Pods = _pods.TakeChanges(),
            Policies = policies.Where(p => p.Value is not { IsEnforced: false }).Select(p => KeyValuePair.Create(p.Key, p.Value?.Policy)).ToValueArray(),
        };
        return new(changes, policies, oldest);
    }

    public void Dispose() => _changed.Dispose();

    private ObjectStore<PolicyId, WatchedPolicy> AddPolicies(IObjectReader<Policy> reader, Action<string, Exception> failure)
    {
        var store = new ObjectStore<PolicyId, WatchedPolicy>(
            live => WatchedPolicy.Read(reader, live) is { } read ? (read.Policy.Id, read) : null,
            OnChanged,
            (live, before, error) =>
            {
                failure($"{reader.Type.Kind} {live.Namespace}/{live.Name}", error);
                var instead = UnreadablePolicy.CreateReplacement(Enum.Parse<PolicyKind>(reader.Type.Kind), live, before, error);
                return (instead.Policy.Id, instead);
            });
        _policies.Add(store);
        return store;
    }

    private void OnChanged()
    {
        lock (_lock)
        {
            _oldestChangeAt ??= _time.GetUtcNow();
            if (_changed.CurrentCount == 0)
                _changed.Release();
        }
    }
}

/// <summary>The changes since the last batch, each object once with its latest state.</summary>
/// <param name="Changes">What the compiler needs.</param>
/// <param name="Policies">The policies of <paramref name="Changes"/> and those that are not enforced, with what their status needs; null where one is gone.</param>
/// <param name="OldestAt">When the oldest of the changes reached us.</param>
public sealed record WatchBatch(ClusterChanges Changes, ValueArray<KeyValuePair<PolicyId, WatchedPolicy?>> Policies, DateTimeOffset OldestAt);

/// <summary>How the watch of one kind fares.</summary>
/// <param name="Kind">The kind's name.</param>
/// <param name="IsSynced">Whether all objects of it are known.</param>
/// <param name="ObjectCount">How many are known.</param>
/// <param name="PendingCount">How many have changed since the last batch was taken.</param>
/// <param name="LastResponseAt">When the API server last sent something of the kind; null before it ever did.</param>
/// <param name="Version">The version that is watched; null before the API server reports its versions, and when NetPol reads none of them.</param>
/// <param name="UnsupportedVersions">The versions that the API server serves where none of them is read; otherwise empty.</param>
public sealed record ResourceWatchState(string Kind, bool IsSynced, int ObjectCount, int PendingCount, DateTimeOffset? LastResponseAt, string? Version, ValueArray<string> UnsupportedVersions);
