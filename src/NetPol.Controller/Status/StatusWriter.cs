using System.Net;
using System.Text.Json;
using k8s;
using k8s.Autorest;
using k8s.Models;
using NetPol.Controller.Infrastructure;
using NetPol.Controller.Leadership;
using NetPol.Controller.Metrics;
using NetPol.Controller.RuleSets;
using NetPol.Controller.Sync;
using NetPol.Controller.Watch;
using NetPol.Kubernetes.Client;
using NetPol.Kubernetes.Watch;
using NetPol.Model.Diagnostics;
using NetPol.Model.Policies;
using NetPol.Protocol.Status;

namespace NetPol.Controller.Status;

/// <summary>
/// Every replica reports its connected agents; the leader writes the conditions of the admin kinds and events about NetworkPolicies
/// that cannot be enforced in full. It writes a policy at most once in a period, and only when a condition has changed or the time of the last check
/// is old (<see cref="LastCheckTime"/>).
/// </summary>
internal sealed class StatusWriter(
    IKubernetes kubernetes, ControllerOptions options, RuleSetStore store, AgentRegistry registry, ClusterInventory inventory, LeaderElectionService leadership,
    ReplicaReportStore reports, ControllerMetrics meter, TimeProvider time, ILogger<StatusWriter> log) : BackgroundService
{
    private const string Group = "policy.networking.k8s.io";

    /// <summary>In one period: times that are written again. 3,000 policies find their turn within <see cref="LastCheckTime.Renewal"/>.</summary>
    private const int MaxRenewals = 50;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(2);

    private readonly BudgetEvents _budgets = new(kubernetes, options, meter, log);
    private readonly HashSet<(string Uid, long Generation)> _reported = [];
    private readonly HashSet<(string Uid, long Generation)> _reportedIsolated = [];
    private Dictionary<string, (IReadOnlyList<PolicyCondition> Conditions, DateTimeOffset CheckedAt)> _written = new(StringComparer.Ordinal);
    private int _renewed;

    /// <summary>Reports, and writes what changed where this replica leads.</summary>
    public async Task WriteStatusAsync(CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        await reports.WriteAsync(ReplicaReportBuilder.Build(now, leadership.IsLeader, store, registry, inventory), cancel);
        meter.CountWrite("report");
        var there = inventory.Policies.Select(p => p.Policy).ToList();
        _reported.IntersectWith(there.Select(p => (p.Uid, p.Generation)));
        if (!leadership.IsLeader)
        {
            _written.Clear();
            return;
        }
        _written = _written.IntersectBy(there.Select(p => p.Uid), w => w.Key, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
        _renewed = 0;
        var all = await reports.DeleteExpiredAsync(now, cancel);
        var isolated = IsolationMessages.Create(there, store.Isolated, all.Values);
        _reportedIsolated.IntersectWith(there.Where(p => isolated.ContainsKey(p.Policy.Id)).Select(p => (p.Uid, p.Generation)));
        await _budgets.WriteAsync(store.ExceededBudgets, there, now, cancel);
        foreach (var policy in there)
        {
            try
            {
                var why = isolated.GetValueOrDefault(policy.Policy.Id);
                if (policy.Policy.Id.Kind == PolicyKind.NetworkPolicy)
                    await WriteEventsAsync(policy, why, now, cancel);
                else
                    await WriteConditionsAsync(policy, PolicyConditions.Create(policy, there, Count(all.Values, policy), inventory.Nodes.Count, why), now, cancel);
            }
            catch (HttpOperationException refused)
            {
                // This policy only: the others are written, and this one is tried again the next time.
                Log.Retrying(log, $"the status of {policy.Policy.Id}", KubernetesErrors.Describe(refused));
            }
            catch (Exception error) when (error is not OutOfMemoryException && !KubernetesErrors.IsTransient(error))
            {
                // An error in the status of one policy must not stop that of the others.
                Log.UnexpectedError(log, $"to write the status of {policy.Policy.Id}", error);
            }
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            timeout.CancelAfter(ShutdownTimeout);
            await reports.DeleteOwnAsync(timeout.Token);
        }
        catch (Exception error) when (KubernetesErrors.IsTransient(error))
        {
            // The report expires.
            Log.Retrying(log, "the report of this replica", KubernetesErrors.Describe(error));
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await store.InitialSync.WaitAsync(stoppingToken);
        while (true)
        {
            try
            {
                await WriteStatusAsync(stoppingToken);
            }
            catch (Exception error) when (KubernetesErrors.IsTransient(error))
            {
                stoppingToken.ThrowIfCancellationRequested();
                Log.Retrying(log, "status", KubernetesErrors.Describe(error));
            }
            await Task.Delay(Interval, time, stoppingToken);
        }
    }

    private static int Count(IEnumerable<ReplicaReport> all, WatchedPolicy policy) =>
        all.Sum(r => r.Policies.TryGetValue(policy.Policy.Id.ToString(), out var here) && here.Generation == policy.Generation ? here.Nodes : 0);

    private async Task WriteConditionsAsync(WatchedPolicy policy, IReadOnlyList<PolicyCondition> conditions, DateTimeOffset now, CancellationToken cancel)
    {
        if (_written.TryGetValue(policy.Uid, out var before) && before.Conditions.SequenceEqual(conditions)
            && (now - before.CheckedAt < LastCheckTime.Renewal || _renewed++ >= MaxRenewals))
            return;
        var id = policy.Policy.Id;
        // Without a served version that NetPol reads there is no object to write to. The report lists such kinds.
        if (inventory.GetVersion(id.Kind) is not { } version)
            return;
        try
        {
            // Another replica may have been leader before: conditions that are still true stay.
            var policyNow = (JsonElement)await kubernetes.CustomObjects.GetClusterCustomObjectAsync(Group, version, Plural(id.Kind), id.Name, cancel);
            var there = PublishedConditions.Read(policyNow);
            var checkedAt = there.Contain(conditions) && there.CheckedAt is { } at && now - at < LastCheckTime.Renewal ? at : now;
            if (checkedAt == now)
            {
                var body = new
                {
                    apiVersion = $"{Group}/{version}",
                    kind = id.Kind.ToString(),
                    metadata = new { name = id.Name },
                    status = new { conditions = conditions.Select(c => Wire(c, now, there.TransitionTime(c, now))) },
                };
                await kubernetes.CustomObjects.PatchClusterCustomObjectStatusAsync(
                    new V1Patch(JsonSerializer.Serialize(body), V1Patch.PatchType.ApplyPatch), Group, version, Plural(id.Kind), id.Name,
                    fieldManager: "netpol", force: true, cancellationToken: cancel);
                meter.CountWrite("conditions");
            }
            _written[policy.Uid] = (conditions, checkedAt);
        }
        catch (HttpOperationException deleted) when (deleted.Response.StatusCode == HttpStatusCode.NotFound)
        {
            // Deleted since the last watch event.
            _written.Remove(policy.Uid);
        }
    }

    private static object Wire(PolicyCondition condition, DateTimeOffset now, string since) => new
    {
        type = condition.Type,
        status = condition.Status ? "True" : "False",
        reason = condition.Reason,
        message = PolicyConditions.HasCheckTime(condition.Type) ? LastCheckTime.Append(condition.Message, now) : condition.Message,
        observedGeneration = condition.ObservedGeneration,
        lastTransitionTime = since,
    };

    private static string Plural(PolicyKind kind) => kind switch
    {
        PolicyKind.AdminNetworkPolicy => "adminnetworkpolicies",
        PolicyKind.BaselineAdminNetworkPolicy => "baselineadminnetworkpolicies",
        PolicyKind.ClusterNetworkPolicy => "clusternetworkpolicies",
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };

    /// <summary>One event for each generation of a NetworkPolicy that is faulty, and one for each that is isolated.</summary>
    private async Task WriteEventsAsync(WatchedPolicy policy, string? isolated, DateTimeOffset now, CancellationToken cancel)
    {
        var form = (policy.Uid, policy.Generation);
        if (isolated is not null && !_reportedIsolated.Contains(form))
        {
            await WriteEventAsync(policy, "Isolated", isolated, now, cancel);
            _reportedIsolated.Add(form);
        }
        var faults = policy.Diagnostics.Where(d => d.Severity == Severity.Error).ToList();
        if (faults.Count == 0 || _reported.Contains(form))
            return;
        var message = $"{faults[0].Field}: {faults[0].Message}{(faults.Count > 1 ? $" (and {faults.Count - 1} more faults)" : "")}; what is faulty allows nothing";
        Log.InvalidPolicy(log, policy.Policy.Id.ToString(), message);
        await WriteEventAsync(policy, "InvalidPolicy", message, now, cancel);
        _reported.Add(form);
    }

    private async Task WriteEventAsync(WatchedPolicy policy, string reason, string message, DateTimeOffset now, CancellationToken cancel)
    {
        await kubernetes.CoreV1.CreateNamespacedEventAsync(
            PolicyEvent.CreateWarning(policy, reason, message, options.Name, now), policy.Policy.Id.Namespace, cancellationToken: cancel);
        meter.CountWrite("event");
    }
}
