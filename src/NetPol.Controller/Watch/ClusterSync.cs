using System.Collections.Immutable;
using NetPol.Compiler.Budgets;
using NetPol.Controller.Infrastructure;
using NetPol.Controller.Metrics;
using NetPol.Controller.RuleSets;
using NetPol.Kubernetes.Watch;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.Policies;

namespace NetPol.Controller.Watch;

/// <summary>Applies the changes of the cluster to <see cref="RuleSetStore"/>. Only this service compiles.</summary>
internal sealed class ClusterSync(
    ClusterWatcher watcher, RuleSetStore store, ClusterInventory inventory, IpCache addresses, NodeAddressSync reported, SourceGrantFile grants, ControllerMetrics meter, TimeProvider time, IHostApplicationLifetime lifetime, ILogger<ClusterSync> log) : BackgroundService
{
    private IReadOnlyDictionary<PolicyId, PolicyIsolation> _reportedIsolated = ImmutableDictionary<PolicyId, PolicyIsolation>.Empty;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        foreach (var kind in watcher.States)
            meter.CountWatchFailure(kind.Kind, 0);
        var watching = watcher.RunAsync(stoppingToken);
        var syncing = SyncAsync(stoppingToken);
        try
        {
            await await Task.WhenAny(watching, syncing);
        }
        catch (Exception error) when (!stoppingToken.IsCancellationRequested)
        {
            // The rules are out of date from now on: a restart is better than wrong rules.
            Log.SyncStopped(log, error);
            Environment.ExitCode = 1;
            lifetime.StopApplication();
        }
    }

    /// <summary>Names are for people only: an error with them must not stop the rules.</summary>
    private void UpdateIpCache(ClusterChanges changes)
    {
        try
        {
            addresses.Apply(changes);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            Log.UnexpectedError(log, "to name addresses", error);
        }
    }

    private void LogIsolatedPolicies()
    {
        if (store.CompilationError is { } fault)
            Log.CompilationFailed(log, fault);
        var isolated = store.Isolated;
        foreach (var (policy, isolation) in isolated.Where(p => !_reportedIsolated.TryGetValue(p.Key, out var reported) || reported != p.Value))
            Log.PolicyIsolated(log, policy.ToString(), isolation.Reason);
        foreach (var policy in _reportedIsolated.Keys.Where(p => !isolated.ContainsKey(p)))
            Log.PolicyIsolationEnded(log, policy.ToString());
        _reportedIsolated = isolated;
    }

    private async Task SyncAsync(CancellationToken cancel)
    {
        await reported.Read.WaitAsync(cancel);
        var (retained, accepted) = (new RetainedPolicies(), new ReportedAddressFilter(addresses.IsPodAddress));
        var (reports, reportsChanged) = reported.Current;
        Task<WatchBatch>? taking = null;
        while (true)
        {
            var first = !store.InitialSync.IsCompleted;
            taking ??= watcher.NextBatchAsync(cancel);
            var batch = new WatchBatch(new(), [], time.GetUtcNow());
            if (first || await Task.WhenAny(taking, reportsChanged, grants.Changed) == taking)
                (batch, taking) = (await taking, null);
            (reports, reportsChanged) = reported.Current;
            var changes = CompleteChanges(ApplySourceGrants(batch.Changes, first), retained, accepted, reports);
            if (changes.IsEmpty && !first)
            {
                // A policy that cannot be read changes no rule, and is reported.
                inventory.Apply(batch, store.Revision);
                continue;
            }
            var exceeded = store.ExceededBudgets;
            var (revision, nodes) = store.Apply(changes, batch.OldestAt);
            LogIsolatedPolicies();
            LogBudgets(exceeded, store.ExceededBudgets);
            inventory.Apply(batch, revision);
            if (first)
                Log.InitialSyncCompleted(log, changes.Pods.Count, changes.Policies.Count, changes.Nodes.Count);
            else
                Log.Compiled(log, revision, changes.Namespaces.Count + changes.Pods.Count + changes.Nodes.Count + changes.Policies.Count, nodes);
        }
    }

    /// <summary>The changes of the cluster, with what the API server does not have: policies that outlive their objects, and addresses that agents report.</summary>
    private ClusterChanges CompleteChanges(ClusterChanges changes, RetainedPolicies retained, ReportedAddressFilter accepted, IReadOnlyDictionary<string, ValueArray<IpAddress>> reports)
    {
        UpdateIpCache(changes);
        var before = retained.Count;
        var (complete, refused) = accepted.Apply(retained.Apply(changes, time.GetUtcNow()), reports);
        if (retained.Count != before)
            Log.PoliciesRetained(log, retained.Count);
        inventory.RetainedPolicies = retained.Ids;
        foreach (var (node, not) in refused)
            Log.AddressesRefused(log, node, string.Join(", ", not));
        return complete;
    }

    private void LogBudgets(ValueArray<ExceededBudget> before, ValueArray<ExceededBudget> after)
    {
        if (before == after)
            return;
        foreach (var budget in after.Except(before))
            Log.BudgetExceeded(log, budget.Message);
        foreach (var name in before.Select(b => b.Namespace).Except(after.Select(b => b.Namespace), StringComparer.Ordinal))
            Log.BudgetMet(log, name);
    }

    /// <summary>The changes with every pod as the administrator's file grants it; after a change of the file also the other pods that it affects.</summary>
    private ClusterChanges ApplySourceGrants(ClusterChanges changes, bool first) =>
        grants.TryTakeChange() && !first ? grants.ApplyToAll(changes, store.Cluster.Pods) : grants.Apply(changes);
}
