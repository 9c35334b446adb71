using NetPol.Model;
using NetPol.Model.Policies;
using NetPol.Protocol.Conversion;
using NetPol.Protocol.Wire;

namespace NetPol.Protocol.Stats;

/// <summary>What a node has counted.</summary>
/// <param name="Audits">By policy, each once; only of policies for which something was counted, and at most <see cref="MaxAudits"/>.</param>
/// <param name="LeftOut">How many more there are.</param>
/// <param name="Resyncs">How often the agent repaired the table after another program had changed it.</param>
/// <param name="StaleConnectionsRemoved">How many established connections were removed because a change forbade them.</param>
public sealed record NodeStats(ValueArray<AuditCount> Audits, int LeftOut, long Resyncs, long StaleConnectionsRemoved)
{
    public const int MaxAudits = 1024;
}

/// <summary>Connections that a policy would have decided on, alone or with others, were the audited policies enforced.</summary>
/// <param name="Policy">The policy.</param>
/// <param name="Denied">Those it would have denied.</param>
/// <param name="Allowed">Those it would have allowed.</param>
public readonly record struct AuditCount(PolicyId Policy, long Denied, long Allowed);

/// <summary>Converts node stats to and from the wire.</summary>
public static class NodeStatsConversion
{
    /// <summary>No node counts as far as this: whatever agents claim, the sum of all nodes is a number.</summary>
    private const ulong MaxCount = 1UL << 48;

    public static NodeStatsReport Write(NodeStats nodeStats)
    {
        var wire = new NodeStatsReport { LeftOut = (uint)nodeStats.LeftOut, Resyncs = (ulong)nodeStats.Resyncs, StaleConnectionsRemoved = (ulong)nodeStats.StaleConnectionsRemoved };
        wire.Audits.AddRange(nodeStats.Audits.Select(a => new PolicyAuditCount { Policy = DecisionConversion.Write(a.Policy), Denied = (ulong)a.Denied, Allowed = (ulong)a.Allowed }));
        return wire;
    }

    /// <exception cref="ProtocolException">There are too many audits, a policy is twice there, or is none.</exception>
    public static NodeStats Read(NodeStatsReport wire)
    {
        if (wire.Audits.Count > NodeStats.MaxAudits)
            throw new ProtocolException($"a stats report has {wire.Audits.Count} audits, {NodeStats.MaxAudits} at most are taken");
        var audits = wire.Audits.Select(Read).OrderBy(a => a.Policy).ToValueArray();
        if (audits.DistinctBy(a => a.Policy).Count() != audits.Count)
            throw new ProtocolException("a stats report has a policy twice");
        return new(audits, (int)Math.Min(wire.LeftOut, ushort.MaxValue), ClampCount(wire.Resyncs), ClampCount(wire.StaleConnectionsRemoved));
    }

    private static AuditCount Read(PolicyAuditCount wire) => new(
        DecisionConversion.Read(wire.Policy ?? throw new ProtocolException("an audit lacks its policy")), ClampCount(wire.Denied), ClampCount(wire.Allowed));

    private static long ClampCount(ulong counted) => (long)Math.Min(counted, MaxCount);
}
