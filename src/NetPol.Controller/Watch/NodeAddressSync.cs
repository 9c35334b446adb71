using System.Collections.Immutable;
using System.Net;
using System.Text.Json;
using k8s;
using k8s.Autorest;
using k8s.Models;
using NetPol.Controller.Infrastructure;
using NetPol.Controller.Leadership;
using NetPol.Kubernetes.Client;
using NetPol.Model;
using NetPol.Model.Net;
using NetPol.Protocol.Status;

namespace NetPol.Controller.Watch;

/// <summary>
/// Shares the reported addresses of nodes between replicas, because an agent is connected to one of them. One ConfigMap has a key for each node, which stays while the
/// node exists, whether its agent is connected or not. The replica that an agent is connected to writes the node's key when it changes; all replicas read it.
/// </summary>
internal sealed class NodeAddressSync(
    IKubernetes kubernetes, ControllerOptions options, ClusterInventory inventory, LeaderElectionService leadership, TimeProvider time, ILogger<NodeAddressSync> log) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _read = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private HashSet<string> _missing = [];
    private ImmutableDictionary<string, ValueArray<IpAddress>> _own = ImmutableDictionary.Create<string, ValueArray<IpAddress>>(StringComparer.Ordinal);
    private ImmutableDictionary<string, ValueArray<IpAddress>> _all = ImmutableDictionary.Create<string, ValueArray<IpAddress>>(StringComparer.Ordinal);
    private ImmutableDictionary<string, ValueArray<IpAddress>> _unwritten = ImmutableDictionary.Create<string, ValueArray<IpAddress>>(StringComparer.Ordinal);
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the ConfigMap was read for the first time, or could not be read.</summary>
    public Task Read => _read.Task;

    /// <summary>The known addresses by node, and a task that completes when they change.</summary>
    public (IReadOnlyDictionary<string, ValueArray<IpAddress>> All, Task Changed) Current
    {
        get
        {
            lock (_lock)
                return (_all, _changed.Task);
        }
    }

    /// <summary>Applies the report of a node's agent, here at once and in the other replicas within seconds.</summary>
    public void Report(string node, ValueArray<IpAddress> addresses)
    {
        lock (_lock)
        {
            _own = _own.SetItem(node, addresses);
            if (_all.TryGetValue(node, out var known) && known == addresses)
                return;
            _unwritten = _unwritten.SetItem(node, addresses);
            Become(_all.SetItem(node, addresses));
        }
    }

    /// <summary>Writes what is new here, reads what the other replicas wrote, and removes deleted nodes if this replica is the leader.</summary>
    public async Task ExchangeAsync(CancellationToken cancel)
    {
        ImmutableDictionary<string, ValueArray<IpAddress>> unwritten;
        lock (_lock)
            unwritten = _unwritten;
        if (unwritten.Count > 0)
            await PatchAsync(unwritten.ToDictionary(n => n.Key, n => (string?)NodeAddressReports.Write(n.Value), StringComparer.Ordinal), cancel);
        var written = await ReadAsync(cancel);
        var nodes = inventory.Nodes.ToHashSet(StringComparer.Ordinal);
        lock (_lock)
        {
            _unwritten = _unwritten.RemoveRange(unwritten.Where(n => _unwritten.TryGetValue(n.Key, out var now) && now == n.Value).Select(n => n.Key));
            // Another client may have removed what was reported here.
            _unwritten = _unwritten.SetItems(_own.Where(n => !written.ContainsKey(n.Key) && nodes.Contains(n.Key)));
            var all = written.SetItems(_unwritten);
            if (!all.OrderBy(n => n.Key, StringComparer.Ordinal).SequenceEqual(_all.OrderBy(n => n.Key, StringComparer.Ordinal)))
                Become(all);
        }
        await ForgetAsync(written.Keys.Where(n => nodes.Count > 0 && !nodes.Contains(n)).ToHashSet(StringComparer.Ordinal), cancel);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            try
            {
                await ExchangeAsync(stoppingToken);
            }
            catch (Exception error) when (KubernetesErrors.IsTransient(error))
            {
                stoppingToken.ThrowIfCancellationRequested();
                Log.Retrying(log, "the addresses that agents report", KubernetesErrors.Describe(error));
            }
            _read.TrySetResult();
            await Task.Delay(Period, time, stoppingToken);
        }
    }

    /// <summary>Removes the nodes that were missing the last time too: an agent's report may arrive before the watch event of its node.</summary>
    private async Task ForgetAsync(HashSet<string> missing, CancellationToken cancel)
    {
        var twice = missing.Where(_missing.Contains).ToList();
        _missing = missing;
        lock (_lock)
            _own = _own.RemoveRange(twice);
        if (leadership.IsLeader && twice.Count > 0)
            await PatchAsync(twice.ToDictionary(n => n, _ => (string?)null, StringComparer.Ordinal), cancel);
    }

    /// <summary>Under the lock.</summary>
    private void Become(ImmutableDictionary<string, ValueArray<IpAddress>> all)
    {
        _all = all;
        var changed = _changed;
        _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        changed.SetResult();
    }

    private async Task<ImmutableDictionary<string, ValueArray<IpAddress>>> ReadAsync(CancellationToken cancel)
    {
        try
        {
            var map = await kubernetes.CoreV1.ReadNamespacedConfigMapAsync(NodeAddressReports.ConfigMapName, options.Namespace, cancellationToken: cancel);
            return NodeAddressReports.Read(map.Data).ToImmutableDictionary(StringComparer.Ordinal);
        }
        catch (HttpOperationException error) when (error.Response.StatusCode == HttpStatusCode.NotFound)
        {
            // No agent has reported yet.
            return ImmutableDictionary.Create<string, ValueArray<IpAddress>>(StringComparer.Ordinal);
        }
    }

    private async Task PatchAsync(Dictionary<string, string?> data, CancellationToken cancel)
    {
        try
        {
            await kubernetes.CoreV1.PatchNamespacedConfigMapAsync(
                new(JsonSerializer.Serialize(new { data }), V1Patch.PatchType.MergePatch), NodeAddressReports.ConfigMapName, options.Namespace, cancellationToken: cancel);
        }
        catch (HttpOperationException error) when (error.Response.StatusCode == HttpStatusCode.NotFound)
        {
            var first = data.Where(d => d.Value is not null).ToDictionary(d => d.Key, d => d.Value!, StringComparer.Ordinal);
            await kubernetes.CoreV1.CreateNamespacedConfigMapAsync(
                new() { Metadata = new() { Name = NodeAddressReports.ConfigMapName }, Data = first }, options.Namespace, cancellationToken: cancel);
        }
    }
}
