using Grpc.Core;
using NetPol.Agent.Counters;
using NetPol.Agent.Dataplane;
using NetPol.Agent.Infrastructure;
using NetPol.Agent.Status;
using NetPol.Agent.Sync;
using NetPol.Model;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;
using NetPol.Netlink;
using NetPol.Nftables;
using NetPol.Protocol.Stats;
using NetPol.Rendering;

namespace NetPol.Agent.Stats;

/// <summary>Tells the controller that is followed what was counted, when that has changed. One call at a time.</summary>
internal sealed class NodeStatsReporter(ActiveController link, AuditCounter audits, AgentStatus state, TimeProvider time, ILogger<NodeStatsReporter> log) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(10);

    private (ActiveController.ControllerConnection Connection, NodeStats NodeStats)? _told;

    /// <summary>Tells it unless the same controller knows it already.</summary>
    public async Task ReportAsync(CancellationToken cancel)
    {
        var connection = await link.WaitAsync().WaitAsync(cancel);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        timeout.CancelAfter(Period);
        try
        {
            var nodeStats = ReadStats();
            if (_told == (connection, nodeStats))
                return;
            await connection.Channel.TellAsync(connection.Token, nodeStats, timeout.Token);
            _told = (connection, nodeStats);
        }
        catch (NetlinkException refusal)
        {
            Log.NodeStatsNotReported(log, refusal.Message);
        }
        catch (Exception error) when (error is RpcException or OperationCanceledException or ObjectDisposedException)
        {
            cancel.ThrowIfCancellationRequested();
            // The controller is gone, which the follower tells, or takes no tallies.
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        do
        {
            await ReportAsync(stoppingToken);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private NodeStats ReadStats()
    {
        var (counts, about) = (audits.Read(), state.CreateReport());
        var most = counts.OrderByDescending(c => c.Denied).ThenByDescending(c => c.Allowed).Take(NodeStats.MaxAudits).OrderBy(c => c.Policy).ToValueArray();
        return new(most, counts.Count - most.Count, about.Resyncs, about.StaleConnectionsRemoved);
    }
}

/// <summary>
/// What was counted for the audits of the decisions in force, by policy. Of a drop because policies isolate all of them are said to deny: none
/// alone would. Which of the policies are audited themselves is not known here.
/// </summary>
internal sealed class AuditCounter(NftablesDataplane dataplane, CounterReader reader)
{
    /// <summary>By policy; those for which nothing was counted are missing. The kernel is asked only when there is an audit.</summary>
    /// <exception cref="NftablesException">The kernel refused.</exception>
    public IReadOnlyList<AuditCount> Read()
    {
        var audits = (dataplane.ProgrammedRules?.Decisions ?? []).Where(d => d.Audit is not null).ToList();
        if (audits.Count == 0)
            return [];
        var totals = SeriesTotals.Sum(reader.Read(), SeriesLevel.Policy);
        var counts = new SortedDictionary<PolicyId, AuditCount>();
        foreach (var (decision, series) in audits.Select(d => (d.Audit!, CounterSeries.Create(d, SeriesLevel.Policy).Last())).DistinctBy(a => a.Item2.Id))
        {
            var connections = (long)Math.Min(totals.GetValueOrDefault(series.Id).Packets, long.MaxValue);
            if (connections == 0)
                continue;
            foreach (var policy in decision.Policy is { } one ? [one] : decision.IsolatedBy)
            {
                var count = counts.GetValueOrDefault(policy, new(policy, 0, 0));
                counts[policy] = decision.Verdict == Verdict.Deny ? count with { Denied = count.Denied + connections } : count with { Allowed = count.Allowed + connections };
            }
        }
        return [.. counts.Values];
    }
}
