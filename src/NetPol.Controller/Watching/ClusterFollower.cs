using System.Collections.Immutable;
using NetPol.Compiler;
using NetPol.Controller.Flows;
using NetPol.Controller.Metrics;
using NetPol.Controller.Rules;
using NetPol.Kubernetes.Watching;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;

namespace NetPol.Controller.Watching;

/// <summary>Brings what happens in the cluster into the rule book. The one thread that compiles.</summary>
internal sealed class ClusterFollower(
    ClusterWatcher watcher, RuleBook book, ClusterInventory inventory, AddressBook addresses, ReportedAddresses reported, SourceGrantWatch grants, WorkMeter meter, TimeProvider time, IHostApplicationLifetime lifetime, ILogger<ClusterFollower> log) : BackgroundService
{
    private IReadOnlyDictionary<PolicyId, PolicyIsolation> _toldIsolated = ImmutableDictionary<PolicyId, PolicyIsolation>.Empty;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        foreach (var kind in watcher.States)
            meter.WatchFailed(kind.Kind, 0);
        var watching = watcher.RunAsync(stoppingToken);
        var following = FollowAsync(stoppingToken);
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

    /// <summary>Names are for people: what goes wrong with them must not stop the rules.</summary>
    private void Name(ClusterChanges changes)
    {
        try
        {
            addresses.Apply(changes);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            Log.Unexpected(log, "to name addresses", error);
        }
    }

    private void TellIsolated()
    {
        if (book.Fault is { } fault)
            Log.NotCompiled(log, fault);
        var isolated = book.Isolated;
        foreach (var (policy, isolation) in isolated.Where(p => !_toldIsolated.TryGetValue(p.Key, out var told) || told != p.Value))
            Log.PolicyIsolated(log, policy.ToString(), isolation.Reason);
        foreach (var policy in _toldIsolated.Keys.Where(p => !isolated.ContainsKey(p)))
            Log.PolicyNoLongerIsolated(log, policy.ToString());
        _toldIsolated = isolated;
    }

    private async Task FollowAsync(CancellationToken cancel)
    {
        await reported.Read.WaitAsync(cancel);
        var (retained, accepted) = (new RetainedPolicies(), new AcceptedAddresses(addresses.IsPods));
        var (reports, reportsChanged) = reported.Current;
        Task<WatchBatch>? taking = null;
        while (true)
        {
            var first = !book.Filled.IsCompleted;
            taking ??= watcher.TakeAsync(cancel);
            var batch = new WatchBatch(new(), [], time.GetUtcNow());
            if (first || await Task.WhenAny(taking, reportsChanged, grants.Changed) == taking)
                (batch, taking) = (await taking, null);
            (reports, reportsChanged) = reported.Current;
            var changes = Complete(Grant(batch.Changes, first), retained, accepted, reports);
            if (changes.IsEmpty && !first)
            {
                // A policy that cannot be read changes no rule, and is reported.
                inventory.Apply(batch, book.Revision);
                continue;
            }
            var exceeded = book.Exceeded;
            var (revision, nodes) = book.Apply(changes, batch.OldestAt);
            TellIsolated();
            LogBudgets(exceeded, book.Exceeded);
            inventory.Apply(batch, revision);
            if (first)
                Log.Synced(log, changes.Pods.Count, changes.Policies.Count, changes.Nodes.Count);
            else
                Log.Compiled(log, revision, changes.Namespaces.Count + changes.Pods.Count + changes.Nodes.Count + changes.Policies.Count, nodes);
        }
    }

    /// <summary>The changes of the cluster, with what the API server does not tell: policies that outlive their objects, and addresses that agents report.</summary>
    private ClusterChanges Complete(ClusterChanges changes, RetainedPolicies retained, AcceptedAddresses accepted, IReadOnlyDictionary<string, ValueArray<IpAddress>> reports)
    {
        Name(changes);
        var before = retained.Count;
        var (complete, refused) = accepted.Apply(retained.Apply(changes, time.GetUtcNow()), reports);
        if (retained.Count != before)
            Log.Retained(log, retained.Count);
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
        foreach (var kept in before.Select(b => b.Namespace).Except(after.Select(b => b.Namespace), StringComparer.Ordinal))
            Log.BudgetKept(log, kept);
    }

    /// <summary>The changes with every pod as the administrator's file grants it; after a change of the file also the other pods that it is about.</summary>
    private ClusterChanges Grant(ClusterChanges changes, bool first) =>
        grants.TakeChange() && !first ? grants.Regrant(changes, book.Cluster.Pods) : grants.Grant(changes);
}
