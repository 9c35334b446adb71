using NetPol.Model;
using NetPol.Protocol.Wire;

namespace NetPol.Protocol.Tallies;

/// <summary>Tallies on the wire.</summary>
public static class WireTallies
{
    /// <summary>No node counts as far as this: whatever agents claim, the sum of all nodes is a number.</summary>
    private const ulong MostCounted = 1UL << 48;

    public static NodeTally Write(Tally tally)
    {
        var wire = new NodeTally { LeftOut = (uint)tally.LeftOut, Repairs = (ulong)tally.Repairs, Cut = (ulong)tally.Cut };
        wire.Audits.AddRange(tally.Audits.Select(a => new PolicyTally { Policy = WireDecision.Write(a.Policy), Denied = (ulong)a.Denied, Allowed = (ulong)a.Allowed }));
        return wire;
    }

    /// <exception cref="ProtocolException">There are too many audits, a policy is twice there, or is none.</exception>
    public static Tally Read(NodeTally wire)
    {
        if (wire.Audits.Count > Tally.MostAudits)
            throw new ProtocolException($"a tally has {wire.Audits.Count} audits, {Tally.MostAudits} at most are taken");
        var audits = wire.Audits.Select(Read).OrderBy(a => a.Policy).ToValueArray();
        if (audits.DistinctBy(a => a.Policy).Count() != audits.Count)
            throw new ProtocolException("a tally has a policy twice");
        return new(audits, (int)Math.Min(wire.LeftOut, ushort.MaxValue), Number(wire.Repairs), Number(wire.Cut));
    }

    private static AuditCount Read(PolicyTally wire) => new(
        WireDecision.Read(wire.Policy ?? throw new ProtocolException("an audit lacks its policy")), Number(wire.Denied), Number(wire.Allowed));

    private static long Number(ulong counted) => (long)Math.Min(counted, MostCounted);
}
