using NetPol.Model;

namespace NetPol.Protocol.Tallies;

/// <summary>What a node has counted.</summary>
/// <param name="Audits">By policy, each once; only of policies for which something was counted, and at most <see cref="MostAudits"/>.</param>
/// <param name="LeftOut">How many more there are.</param>
/// <param name="Repairs">How often somebody else had changed the table and it was put right.</param>
/// <param name="Cut">How many established connections were cut because a change forbade them.</param>
public sealed record Tally(ValueArray<AuditCount> Audits, int LeftOut, long Repairs, long Cut)
{
    public const int MostAudits = 1024;
}
