using k8s;
using NetPol.Controller.Flows;
using NetPol.Controller.Metrics;
using NetPol.Controller.Rules;
using NetPol.Kubernetes.Watching;

namespace NetPol.Controller.Watching;

/// <summary>Brings what happens in the cluster into the rule book. The one thread that compiles.</summary>
internal sealed class ClusterFollower(
    KubernetesClientConfiguration configuration, RuleBook book, ClusterInventory inventory, AddressBook addresses, WorkMeter meter, TimeProvider time, IHostApplicationLifetime lifetime, ILogger<ClusterFollower> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var api = new KubernetesApi(configuration);
        using var watcher = new ClusterWatcher(api, time, (kind, error) =>
        {
            meter.WatchFailed(kind);
            Log.Retrying(log, $"the watch of {kind}", error.Message);
        });
        inventory.Follow(watcher);
        foreach (var kind in watcher.States)
            meter.WatchFailed(kind.Kind, 0);
        var watching = watcher.RunAsync(stoppingToken);
        var following = FollowAsync(watcher, stoppingToken);
        try
        {
            await await Task.WhenAny(watching, following);
        }
        catch (Exception error) when (!stoppingToken.IsCancellationRequested)
        {
            // What is compiled no longer follows the cluster: better no replica than one that lies.
            Log.Broken(log, error);
            Environment.ExitCode = 1;
            lifetime.StopApplication();
        }
    }

    private async Task FollowAsync(ClusterWatcher watcher, CancellationToken cancel)
    {
        while (true)
        {
            var batch = await watcher.TakeAsync(cancel);
            var changes = batch.Changes;
            var first = !book.Filled.IsCompleted;
            if (changes.IsEmpty && !first)
                continue;
            var (revision, nodes) = book.Apply(changes, batch.OldestAt);
            inventory.Apply(batch, revision);
            addresses.Apply(changes);
            if (first)
                Log.Synced(log, changes.Pods.Count, changes.Policies.Count, changes.Nodes.Count);
            else
                Log.Compiled(log, revision, changes.Namespaces.Count + changes.Pods.Count + changes.Nodes.Count + changes.Policies.Count, nodes);
        }
    }
}
