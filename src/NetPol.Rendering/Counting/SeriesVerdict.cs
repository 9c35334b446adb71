namespace NetPol.Rendering.Counting;

/// <summary>What was decided, or would have been were the audited policies enforced.</summary>
public enum SeriesVerdict
{
    Allow,
    Deny,
    AuditAllow,
    AuditDeny,
}
