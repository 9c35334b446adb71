using System.Net;
using System.Text.Json;
using k8s;
using k8s.Autorest;
using k8s.Models;
using NetPol.Controller.Leading;
using NetPol.Controller.Metrics;
using NetPol.Controller.Rules;
using NetPol.Controller.Streaming;
using NetPol.Controller.Watching;
using NetPol.Kubernetes.Client;
using NetPol.Kubernetes.Watching;
using NetPol.Model.Diagnostics;
using NetPol.Model.Policies;
using NetPol.Protocol.State;

namespace NetPol.Controller.Status;

/// <summary>
/// Every replica reports who follows it; the one that leads writes the conditions of the admin kinds and events about NetworkPolicies
/// that cannot be honoured. A policy is written at most once in a period, and only when something it says has changed or the time of the last check
/// is old (<see cref="CheckedTime"/>).
/// </summary>
internal sealed class StatusWriter(
    IKubernetes kubernetes, ControllerOptions options, RuleBook book, AgentRegistry registry, ClusterInventory inventory, Leadership leadership,
    ReplicaReports reports, WorkMeter meter, TimeProvider time, ILogger<StatusWriter> log) : BackgroundService
{
    private const string Group = "policy.networking.k8s.io";

    /// <summary>In one period: times that are written again. 3,000 policies find their turn within <see cref="CheckedTime.Renewal"/>.</summary>
    private const int MostRenewals = 50;

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(2);

    private readonly BudgetEvents _budgets = new(kubernetes, options, meter, log);
    private readonly HashSet<(string Uid, long Generation)> _told = [];
    private readonly HashSet<(string Uid, long Generation)> _toldIsolated = [];
    private Dictionary<string, (IReadOnlyList<PolicyCondition> Conditions, DateTimeOffset CheckedAt)> _written = new(StringComparer.Ordinal);
    private int _renewed;

    /// <summary>Reports, and writes what changed where this replica leads.</summary>
    public async Task LookAsync(CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        await reports.WriteAsync(Reporting.Report(now, leadership.Leads, book, registry, inventory), cancel);
        meter.Written("report");
        var there = inventory.Policies.Select(p => p.Policy).ToList();
        _told.IntersectWith(there.Select(p => (p.Uid, p.Generation)));
        if (!leadership.Leads)
        {
            _written.Clear();
            return;
        }
        _written = _written.IntersectBy(there.Select(p => p.Uid), w => w.Key, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
        _renewed = 0;
        var all = await reports.TidyAsync(now, cancel);
        var isolated = IsolationText.Of(there, book.Isolated, all.Values);
        _toldIsolated.IntersectWith(there.Where(p => isolated.ContainsKey(p.Policy.Id)).Select(p => (p.Uid, p.Generation)));
        await _budgets.TellAsync(book.Exceeded, there, now, cancel);
        foreach (var policy in there)
        {
            try
            {
                var why = isolated.GetValueOrDefault(policy.Policy.Id);
                if (policy.Policy.Id.Kind == PolicyKind.NetworkPolicy)
                    await TellAsync(policy, why, now, cancel);
                else
                    await WriteAsync(policy, PolicyConditions.Of(policy, there, Count(all.Values, policy), inventory.Nodes.Count, why), now, cancel);
            }
            catch (HttpOperationException refused)
            {
                // Of this one alone: the others are told, and it is tried again the next time.
                Log.Retrying(log, $"what is told of {policy.Policy.Id}", ApiTrouble.Words(refused));
            }
            catch (Exception error) when (error is not OutOfMemoryException && !ApiTrouble.IsPassing(error))
            {
                // What a user writes into one policy must not silence the others.
                Log.Unexpected(log, $"to tell of {policy.Policy.Id}", error);
            }
        }
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            patience.CancelAfter(Farewell);
            await reports.ForgetAsync(patience.Token);
        }
        catch (Exception error) when (ApiTrouble.IsPassing(error))
        {
            // The report grows old, and counts no longer.
            Log.Retrying(log, "the report of this replica", ApiTrouble.Words(error));
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await book.Filled.WaitAsync(stoppingToken);
        while (true)
        {
            try
            {
                await LookAsync(stoppingToken);
            }
            catch (Exception error) when (ApiTrouble.IsPassing(error))
            {
                stoppingToken.ThrowIfCancellationRequested();
                Log.Retrying(log, "status", ApiTrouble.Words(error));
            }
            await Task.Delay(Period, time, stoppingToken);
        }
    }

    private static int Count(IEnumerable<ReplicaReport> all, WatchedPolicy policy) =>
        all.Sum(r => r.Policies.TryGetValue(policy.Policy.Id.ToString(), out var here) && here.Generation == policy.Generation ? here.Nodes : 0);

    private async Task WriteAsync(WatchedPolicy policy, IReadOnlyList<PolicyCondition> conditions, DateTimeOffset now, CancellationToken cancel)
    {
        if (_written.TryGetValue(policy.Uid, out var before) && before.Conditions.SequenceEqual(conditions)
            && (now - before.CheckedAt < CheckedTime.Renewal || _renewed++ >= MostRenewals))
            return;
        var id = policy.Policy.Id;
        // Without a served version that NetPol reads there is no object to write to. The report lists such kinds.
        if (inventory.VersionOf(id.Kind) is not { } version)
            return;
        try
        {
            // Another replica may have led before: what it wrote stays where it is true still.
            var policyNow = (JsonElement)await kubernetes.CustomObjects.GetClusterCustomObjectAsync(Group, version, Plural(id.Kind), id.Name, cancel);
            var there = PublishedConditions.Of(policyNow);
            var checkedAt = there.Say(conditions) && there.CheckedAt is { } at && now - at < CheckedTime.Renewal ? at : now;
            if (checkedAt == now)
            {
                var body = new
                {
                    apiVersion = $"{Group}/{version}",
                    kind = id.Kind.ToString(),
                    metadata = new { name = id.Name },
                    status = new { conditions = conditions.Select(c => Wire(c, now, there.Since(c, now))) },
                };
                await kubernetes.CustomObjects.PatchClusterCustomObjectStatusAsync(
                    new V1Patch(JsonSerializer.Serialize(body), V1Patch.PatchType.ApplyPatch), Group, version, Plural(id.Kind), id.Name,
                    fieldManager: "netpol", force: true, cancellationToken: cancel);
                meter.Written("conditions");
            }
            _written[policy.Uid] = (conditions, checkedAt);
        }
        catch (HttpOperationException gone) when (gone.Response.StatusCode == HttpStatusCode.NotFound)
        {
            // Deleted since: the watch will say so.
            _written.Remove(policy.Uid);
        }
    }

    private static object Wire(PolicyCondition condition, DateTimeOffset now, string since) => new
    {
        type = condition.Type,
        status = condition.Status ? "True" : "False",
        reason = condition.Reason,
        message = PolicyConditions.GrowsOld(condition.Type) ? CheckedTime.Append(condition.Message, now) : condition.Message,
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
    private async Task TellAsync(WatchedPolicy policy, string? isolated, DateTimeOffset now, CancellationToken cancel)
    {
        var form = (policy.Uid, policy.Generation);
        if (isolated is not null && !_toldIsolated.Contains(form))
        {
            await WriteEventAsync(policy, "Isolated", isolated, now, cancel);
            _toldIsolated.Add(form);
        }
        var faults = policy.Diagnostics.Where(d => d.Severity == Severity.Error).ToList();
        if (faults.Count == 0 || _told.Contains(form))
            return;
        var message = $"{faults[0].Field}: {faults[0].Message}{(faults.Count > 1 ? $" (and {faults.Count - 1} more faults)" : "")}; what is faulty allows nothing";
        Log.PolicyFault(log, policy.Policy.Id.ToString(), message);
        await WriteEventAsync(policy, "NotHonoured", message, now, cancel);
        _told.Add(form);
    }

    private async Task WriteEventAsync(WatchedPolicy policy, string reason, string message, DateTimeOffset now, CancellationToken cancel)
    {
        await kubernetes.CoreV1.CreateNamespacedEventAsync(
            PolicyEvent.Warning(policy, reason, message, options.Name, now), policy.Policy.Id.Namespace, cancellationToken: cancel);
        meter.Written("event");
    }
}
