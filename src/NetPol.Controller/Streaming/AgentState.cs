using System.Collections.Immutable;
using NetPol.Model.Policies;
using NetPol.Protocol.Tallies;

namespace NetPol.Controller.Streaming;

/// <summary>What is known of the agent of one node that follows this controller.</summary>
/// <param name="Node">The node's name.</param>
/// <param name="Agent">Name and version, as it told.</param>
/// <param name="ConnectedAt">When it began to follow.</param>
/// <param name="Generation">The last generation of its stream that it enforces; 0 before the first.</param>
/// <param name="Enforced">The revision of the rules that it enforces; null before the first.</param>
/// <param name="EnforcedAt">When that came into force, by the node's clock.</param>
/// <param name="Delay">From the event's arrival here to force on the node, for its last difference; null before the first.</param>
/// <param name="Error">Why it could not put its last update in force; null when it could.</param>
/// <param name="Tally">What it has counted, as it told last; null before it did.</param>
internal sealed record AgentState(
    string Node,
    string Agent,
    DateTimeOffset ConnectedAt,
    ulong Generation = 0,
    long? Enforced = null,
    DateTimeOffset? EnforcedAt = null,
    TimeSpan? Delay = null,
    string? Error = null,
    Tally? Tally = null)
{
    /// <summary>The policies that are isolated on the node, because it cannot load them.</summary>
    public IReadOnlyDictionary<PolicyId, PolicyIsolation> Isolated { get; init; } = ImmutableDictionary<PolicyId, PolicyIsolation>.Empty;
}
