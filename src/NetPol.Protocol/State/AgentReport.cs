using System.Text.Json.Serialization;

namespace NetPol.Protocol.State;

/// <summary>An agent as a replica tells of it.</summary>
/// <param name="Node">The node's name.</param>
/// <param name="Agent">Name and version.</param>
/// <param name="ConnectedAt">When it began to follow this replica.</param>
/// <param name="Generation">The generation of its stream that it enforces.</param>
/// <param name="IsCurrent">Whether that is the latest there is.</param>
/// <param name="EnforcedAt">When it came into force.</param>
/// <param name="DelaySeconds">From event to force, for the last change.</param>
/// <param name="Error">Why its last update is not in force.</param>
/// <param name="Repairs">How often somebody else had changed the table and it was put right; null where it did not tell.</param>
/// <param name="Cut">How many established connections were cut because a change forbade them; null where it did not tell.</param>
public sealed record AgentReport(
    string Node, string Agent, DateTimeOffset ConnectedAt, ulong Generation, bool IsCurrent, DateTimeOffset? EnforcedAt, double? DelaySeconds, string? Error,
    long? Repairs, long? Cut)
{
    /// <summary>The policies that are isolated on the node because it cannot load them, by kind and name, with what is said of each; null for none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, string>? Isolated { get; init; }
}
