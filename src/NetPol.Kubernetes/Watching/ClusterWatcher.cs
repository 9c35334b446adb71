using NetPol.Kubernetes.Client;
using NetPol.Kubernetes.Objects;
using NetPol.Kubernetes.Objects.Common;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;

namespace NetPol.Kubernetes.Watching;

/// <summary>Follows everything in a cluster that policies depend on. What changes faster than it is taken is joined: no queue grows.</summary>
public sealed class ClusterWatcher : IDisposable
{
    private readonly SemaphoreSlim _news = new(0, 1);
    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly KindStore<string, Namespace> _namespaces;
    private readonly KindStore<PodId, Pod> _pods;
    private readonly KindStore<string, Node> _nodes;
    private readonly List<KindStore<PolicyId, WatchedPolicy>> _policies = [];
    private readonly List<(WatchedResource Resource, IWatchStore Store, Informer Informer)> _informers = [];
    private DateTimeOffset? _oldest;

    /// <param name="api">The server.</param>
    /// <param name="time">The clock.</param>
    /// <param name="trouble">Called, with the kind, for every failure that is tried again.</param>
    /// <param name="unread">Called, with the kind, when the versions change that are served of it while none of them is read; with none once one is.</param>
    public ClusterWatcher(KubernetesApi api, TimeProvider time, Action<string, Exception> trouble, Action<string, ValueArray<string>> unread)
        : this(api, WatchedResource.All, time, trouble, unread)
    {
    }

    internal ClusterWatcher(KubernetesApi api, IEnumerable<WatchedResource> resources, TimeProvider time, Action<string, Exception> trouble, Action<string, ValueArray<string>> unread)
    {
        _time = time;
        KindStore<string, Namespace>? namespaces = null;
        KindStore<PodId, Pod>? pods = null;
        KindStore<string, Node>? nodes = null;
        foreach (var resource in resources)
        {
            IWatchStore store = resource.Reader switch
            {
                IObjectReader<Namespace> reader => namespaces = new(live => LiveObject.Read(reader, live, []) is { } read ? (read.Name, read) : null, Changed, Keep<(string, Namespace)?>),
                IObjectReader<HostedPod> reader => pods = new(live => LiveObject.Read(reader, live, []) is { Pod: var read } ? (read.Id, read) : null, Changed, Keep<(PodId, Pod)?>),
                IObjectReader<Node> reader => nodes = new(live => LiveObject.Read(reader, live, []) is { } read ? (read.Name, read) : null, Changed, Keep<(string, Node)?>),
                IObjectReader<Policy> reader => AddPolicies(reader, trouble),
                var other => throw new InvalidOperationException($"there is no store for a {other.Type.Kind}"),
            };
            _informers.Add((resource, store, new(api, resource, store, time, Random.Shared.NextDouble, trouble, unread)));
        }
        (_namespaces, _pods, _nodes) = (namespaces!, pods!, nodes!);

        // What was read before stays.
        TResult? Keep<TResult>(WatchedObject live, object? before, Exception error)
        {
            trouble($"{live.Namespace}/{live.Name}", error);
            return default;
        }
    }

    private bool Synced => _namespaces.Synced && _pods.Synced && _nodes.Synced && _policies.TrueForAll(p => p.Synced);

    /// <summary>How it stands with each kind. For any thread.</summary>
    public IReadOnlyList<KindState> States => [.. _informers.Select(i => new KindState(i.Resource.Type.Kind, i.Store.Synced, i.Store.Objects, i.Store.Pending, i.Informer.HeardAt, i.Informer.Served?.Version, i.Informer.Served?.Unread ?? []))];

    /// <summary>
    /// Follows until cancelled; what passes is tried again. With the first kind that can be followed no longer all end: a state in which one
    /// kind stands still is none that the cluster ever had.
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
    public async Task<WatchBatch> TakeAsync(CancellationToken cancel)
    {
        do
            await _news.WaitAsync(cancel).ConfigureAwait(false);
        while (!Synced);
        DateTimeOffset oldest;
        lock (_lock)
        {
            oldest = _oldest ?? _time.GetUtcNow();
            _oldest = null;
        }
        var policies = _policies.SelectMany(p => (IEnumerable<KeyValuePair<PolicyId, WatchedPolicy?>>)p.Take()).ToValueArray();
        var changes = new ClusterChanges
        {
            Namespaces = _namespaces.Take(),
            Nodes = _nodes.Take(),
            Pods = _pods.Take(),
            Policies = policies.Where(p => p.Value is not { IsEnforced: false }).Select(p => KeyValuePair.Create(p.Key, p.Value?.Policy)).ToValueArray(),
        };
        return new(changes, policies, oldest);
    }

    public void Dispose() => _news.Dispose();

    private KindStore<PolicyId, WatchedPolicy> AddPolicies(IObjectReader<Policy> reader, Action<string, Exception> trouble)
    {
        var store = new KindStore<PolicyId, WatchedPolicy>(
            live => WatchedPolicy.Read(reader, live) is { } read ? (read.Policy.Id, read) : null,
            Changed,
            (live, before, error) =>
            {
                trouble($"{reader.Type.Kind} {live.Namespace}/{live.Name}", error);
                var instead = UnreadablePolicy.Instead(Enum.Parse<PolicyKind>(reader.Type.Kind), live, before, error);
                return (instead.Policy.Id, instead);
            });
        _policies.Add(store);
        return store;
    }

    private void Changed()
    {
        lock (_lock)
        {
            _oldest ??= _time.GetUtcNow();
            if (_news.CurrentCount == 0)
                _news.Release();
        }
    }
}
