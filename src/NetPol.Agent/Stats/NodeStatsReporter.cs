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

/// <summary>Reports the node's counts to the connected controller when they have changed. One call at a time.</summary>
internal sealed class NodeStatsReporter(ActiveController link, AuditCounter audits, AgentStatus state, TimeProvider time, ILogger<NodeStatsReporter> log) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(10);

    private (ActiveController.ControllerConnection Connection, NodeStats NodeStats)? _reported;

    /// <summary>Reports the counts, unless this connection already has them.</summary>
    public async Task ReportAsync(CancellationToken cancel)
    {
        var connection = await link.WaitAsync().WaitAsync(cancel);
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        timeout.CancelAfter(Period);
        try
        {
            var nodeStats = ReadStats();
            if (_reported == (connection, nodeStats))
                return;
            await connection.Channel.ReportStatsAsync(connection.Token, nodeStats, timeout.Token);
            _reported = (connection, nodeStats);
        }
        catch (NetlinkException error)
        {
            Log.NodeStatsNotReported(log, error.Message);
        }
        catch (Exception error) when (error is RpcException or OperationCanceledException or ObjectDisposedException)
        {
            cancel.ThrowIfCancellationRequested();
            // The connection ended, which RuleSetClient logs, or the controller accepts no node stats.
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
        var (counts, status) = (audits.Read(), state.CreateReport());
        var reported = counts.OrderByDescending(c => c.Denied).ThenByDescending(c => c.Allowed).Take(NodeStats.MaxAudits).OrderBy(c => c.Policy).ToValueArray();
        return new(reported, counts.Count - reported.Count, status.Resyncs, status.StaleConnectionsRemoved);
    }
}

/// <summary>
/// Counts the connections that audited policies would have decided differently, by policy. If a drop has no rule but the isolation by several policies, each of them gets the
/// count. The agent does not know which of these policies are audited.
/// </summary>
internal sealed class AuditCounter(NftablesDataplane dataplane, CounterReader reader)
{
    /// <summary>The counts by policy; policies without a count are missing. Reads the kernel only if a decision has an audit.</summary>
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
