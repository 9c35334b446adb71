using System.Text.Json;
using System.Text.Json.Serialization;

namespace NetPol.Protocol.Status;

/// <summary>The report of one controller for the others and for people: its connected agents, and their programmed rules. One key of a ConfigMap.</summary>
/// <param name="At">When.</param>
/// <param name="IsLeader">Whether it writes status.</param>
/// <param name="Revision">How many batches of changes it has taken in.</param>
/// <param name="Agents">By node; where not all find room, those that do not enforce what is now true first.</param>
/// <param name="Policies">By kind and name, <c>AdminNetworkPolicy lock-down</c>; the admin kinds only.</param>
/// <param name="Audited">The policies that are audited only, by id.</param>
/// <param name="AuditsLeftOut">How many policies, and counts of nodes, found no room in <paramref name="Audited"/>.</param>
/// <param name="AgentsLeftOut">How many agents found no room in <paramref name="Agents"/>.</param>
public sealed record ReplicaReport(
    DateTimeOffset At, bool IsLeader, long Revision, IReadOnlyList<AgentReport> Agents, SortedDictionary<string, ProgrammedNodes> Policies,
    IReadOnlyList<AuditReport> Audited, int AuditsLeftOut, int AgentsLeftOut)
{
    /// <summary>The ConfigMap's name, in NetPol's own namespace; its keys are the names of the replicas.</summary>
    public const string ConfigMapName = "netpol-state";

    /// <summary>Where the other replicas reach its node stream, host and port; null when it does not say.</summary>
    public string? Address { get; init; }

    /// <summary>What to say of kinds that the cluster serves only in versions that are not read, a sentence each.</summary>
    public IReadOnlyList<string> UnsupportedVersions { get; init; } = [];

    /// <summary>The maximum number of policies in <see cref="Retained"/>.</summary>
    public const int MaxRetained = 50;

    /// <summary>Deleted policies that still apply to the pods of terminating namespaces, by kind and name, <c>NetworkPolicy shop/closed</c>.</summary>
    public IReadOnlyList<string> Retained { get; init; } = [];

    /// <summary>How many such policies found no room in <see cref="Retained"/>.</summary>
    public int RetainedLeftOut { get; init; }

    /// <summary>A report is written every few seconds; one that is older than this is of a replica that has ended, or cannot reach the API server.</summary>
    public static TimeSpan MaxAge { get; } = TimeSpan.FromSeconds(40);

    /// <summary>Null when the text is no report.</summary>
    public static ReplicaReport? Read(string text)
    {
        try
        {
            if (JsonSerializer.Deserialize(text, ReplicaReportJson.Default.ReplicaReport) is not { Agents: not null, Policies: not null } report)
                return null;
            // The report of an older replica has none of these.
            return report with { Audited = report.Audited ?? [], UnsupportedVersions = report.UnsupportedVersions ?? [], Retained = report.Retained ?? [] };
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Returns when a report was written, even if this version cannot read its other fields; null when it has no time.</summary>
    public static DateTimeOffset? ReadTime(string text)
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

/// <summary>Reports as JSON, by code made at build time: a program compiled ahead of time has no reflection to do it with.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(ReplicaReport))]
internal sealed partial class ReplicaReportJson : JsonSerializerContext;

/// <summary>An agent in the report of a replica.</summary>
/// <param name="Node">The node's name.</param>
/// <param name="Agent">Name and version.</param>
/// <param name="ConnectedAt">When it connected to this replica.</param>
/// <param name="Generation">The generation of its stream that it enforces.</param>
/// <param name="IsCurrent">Whether that is the latest there is.</param>
/// <param name="EnforcedAt">When it was programmed.</param>
/// <param name="DelaySeconds">From event to force, for the last change.</param>
/// <param name="Error">Why its last update is not programmed.</param>
/// <param name="Resyncs">How often the agent repaired the table after another program had changed it; null if unknown.</param>
/// <param name="StaleConnectionsRemoved">How many established connections were removed because a change forbade them; null if unknown.</param>
public sealed record AgentReport(
    string Node, string Agent, DateTimeOffset ConnectedAt, ulong Generation, bool IsCurrent, DateTimeOffset? EnforcedAt, double? DelaySeconds, string? Error,
    long? Resyncs, long? StaleConnectionsRemoved)
{
    /// <summary>The policies that are isolated on the node because it cannot load them, by kind and name, with the message about each; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, string>? Isolated { get; init; }
}

/// <summary>A policy that is audited only, and what was counted for it.</summary>
/// <param name="Kind">The policy's kind.</param>
/// <param name="Namespace">Empty for a cluster-scoped kind.</param>
/// <param name="Name">Its name.</param>
/// <param name="Nodes">By name; only those where something was counted.</param>
public sealed record AuditReport(string Kind, string Namespace, string Name, IReadOnlyList<AuditedNode> Nodes);

/// <summary>What a policy would have decided on a node.</summary>
/// <param name="Node">The node's name.</param>
/// <param name="Denied">Connections that it would have denied.</param>
/// <param name="Allowed">Connections that it would have allowed.</param>
public sealed record AuditedNode(string Node, long Denied, long Allowed);

/// <summary>On how many nodes a policy is programmed, as a replica sees it.</summary>
/// <param name="Generation">The policy's, as the replica knows it.</param>
/// <param name="Nodes">On how many of the nodes that are connected to the replica this generation is programmed.</param>
public sealed record ProgrammedNodes(long Generation, int Nodes);
