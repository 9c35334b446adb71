using NetPol.Agent.Enforcing;
using NetPol.Model.Policies;
using NetPol.Model.Rules;
using NetPol.Nftables;
using NetPol.Protocol.Tallies;
using NetPol.Rendering.Counting;

namespace NetPol.Agent.Counting;

/// <summary>
/// What was counted for the audits of the decisions in force, by policy. Of a drop because policies isolate all of them are said to deny: none
/// alone would. Which of the policies are audited themselves is not known here.
/// </summary>
internal sealed class AuditCounts(Enforcer enforcer, CounterReader reader)
{
    /// <summary>By policy; those for which nothing was counted are missing. The kernel is asked only when there is an audit.</summary>
    /// <exception cref="NftablesException">The kernel refused.</exception>
    public IReadOnlyList<AuditCount> Read()
    {
        var audits = (enforcer.Rules?.Decisions ?? []).Where(d => d.Audit is not null).ToList();
        if (audits.Count == 0)
            return [];
        var totals = SeriesTotals.Of(reader.Read(), SeriesLevel.Policy);
        var counts = new SortedDictionary<PolicyId, AuditCount>();
        foreach (var (decision, series) in audits.Select(d => (d.Audit!, Series.Of(d, SeriesLevel.Policy).Last())).DistinctBy(a => a.Item2.Id))
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
