using System.Text.Json;

namespace NetPol.Protocol.State;

/// <summary>What one controller tells the others and people: who follows it, and what is in force there. One key of a ConfigMap.</summary>
/// <param name="At">When.</param>
/// <param name="Leads">Whether it writes status.</param>
/// <param name="Revision">How many batches of changes it has taken in.</param>
/// <param name="Agents">By node.</param>
/// <param name="Policies">By kind and name, <c>AdminNetworkPolicy lock-down</c>; the admin kinds only.</param>
public sealed record ReplicaReport(
    DateTimeOffset At, bool Leads, long Revision, IReadOnlyList<AgentReport> Agents, SortedDictionary<string, InForce> Policies)
{
    /// <summary>The ConfigMap's name, in NetPol's own namespace; its keys are the names of the replicas.</summary>
    public const string ConfigMapName = "netpol-state";

    /// <summary>A report is written every few seconds; one that is older than this is of a replica that is gone, or cannot reach the API server.</summary>
    public static TimeSpan Fresh { get; } = TimeSpan.FromSeconds(40);

    /// <summary>Null when the text is no report.</summary>
    public static ReplicaReport? Read(string text)
    {
        try
        {
            return JsonSerializer.Deserialize(text, ReplicaReportJson.Default.ReplicaReport) is { Agents: not null, Policies: not null } report ? report : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public string Write() => JsonSerializer.Serialize(this, ReplicaReportJson.Default.ReplicaReport);
}
