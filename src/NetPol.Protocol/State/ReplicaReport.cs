using System.Text.Json;

namespace NetPol.Protocol.State;

/// <summary>What one controller tells the others and people: who follows it, and what is in force there. One key of a ConfigMap.</summary>
/// <param name="At">When.</param>
/// <param name="Leads">Whether it writes status.</param>
/// <param name="Revision">How many batches of changes it has taken in.</param>
/// <param name="Agents">By node; where not all find room, those that do not enforce what is now true first.</param>
/// <param name="Policies">By kind and name, <c>AdminNetworkPolicy lock-down</c>; the admin kinds only.</param>
/// <param name="Audited">The policies that are audited only, by id.</param>
/// <param name="AuditsLeftOut">How many policies, and counts of nodes, found no room in <paramref name="Audited"/>.</param>
/// <param name="AgentsLeftOut">How many agents found no room in <paramref name="Agents"/>.</param>
public sealed record ReplicaReport(
    DateTimeOffset At, bool Leads, long Revision, IReadOnlyList<AgentReport> Agents, SortedDictionary<string, InForce> Policies,
    IReadOnlyList<AuditReport> Audited, int AuditsLeftOut, int AgentsLeftOut)
{
    /// <summary>The ConfigMap's name, in NetPol's own namespace; its keys are the names of the replicas.</summary>
    public const string ConfigMapName = "netpol-state";

    /// <summary>Where the other replicas reach its node stream, host and port; null when it does not say.</summary>
    public string? Address { get; init; }

    /// <summary>What to say of kinds that the cluster serves only in versions that are not read, a sentence each.</summary>
    public IReadOnlyList<string> UnreadVersions { get; init; } = [];

    /// <summary>A report is written every few seconds; one that is older than this is of a replica that is gone, or cannot reach the API server.</summary>
    public static TimeSpan Fresh { get; } = TimeSpan.FromSeconds(40);

    /// <summary>Null when the text is no report.</summary>
    public static ReplicaReport? Read(string text)
    {
        try
        {
            if (JsonSerializer.Deserialize(text, ReplicaReportJson.Default.ReplicaReport) is not { Agents: not null, Policies: not null } report)
                return null;
            // An older replica tells of neither.
            return report with { Audited = report.Audited ?? [], UnreadVersions = report.UnreadVersions ?? [] };
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>When a report was written, also one that nobody here can read but for that; null when it does not say.</summary>
    public static DateTimeOffset? TimeOf(string text)
    {
        try
        {
            using var report = JsonDocument.Parse(text);
            return report.RootElement.ValueKind == JsonValueKind.Object && report.RootElement.TryGetProperty("at", out var at) && at.ValueKind == JsonValueKind.String && at.TryGetDateTimeOffset(out var time)
                ? time
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public string Write() => JsonSerializer.Serialize(this, ReplicaReportJson.Default.ReplicaReport);
}
