using System.Collections.Concurrent;
using System.Collections.Immutable;
using NetPol.Model.Policies;
using NetPol.Protocol.Stats;

namespace NetPol.Controller.Sync;

/// <summary>The agents that follow this controller, one a node: when a node follows twice, the later stream counts and the earlier ends. Safe for any thread.</summary>
internal sealed class AgentRegistry
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, AgentSession> _sessions = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, byte> _claiming = new(StringComparer.Ordinal);

    /// <summary>By node name.</summary>
    public IReadOnlyList<ConnectedAgent> Agents
    {
        get
        {
            lock (_lock)
                return [.. _sessions.Values.Select(s => s.State)];
        }
    }

    /// <summary>Whether an agent's claim to be on another node is to be told: the first, and again after it has followed as what it is.</summary>
    /// <param name="authenticated">The node that it is on.</param>
    public bool IsFirstClaim(string authenticated) => _claiming.TryAdd(authenticated, 0);

    public void Register(AgentSession session)
    {
        _claiming.TryRemove(session.State.Node, out _);
        AgentSession? earlier;
        lock (_lock)
        {
            earlier = _sessions.GetValueOrDefault(session.State.Node);
            _sessions[session.State.Node] = session;
        }
        earlier?.MarkReplaced();
    }

    /// <summary>Takes what a node has counted.</summary>
    /// <returns>Whether the node follows this controller.</returns>
    public bool UpdateStats(string node, NodeStats nodeStats)
    {
        AgentSession? session;
        lock (_lock)
            session = _sessions.GetValueOrDefault(node);
        session?.UpdateStats(nodeStats);
        return session is not null;
    }

    /// <summary>Takes one <see cref="Register"/> back; nothing where another stream of the node has taken over.</summary>
    public void Unregister(AgentSession session)
    {
        lock (_lock)
        {
            if (_sessions.GetValueOrDefault(session.State.Node) == session)
                _sessions.Remove(session.State.Node);
        }
    }
}

/// <summary>What is known of the agent of one node that follows this controller.</summary>
/// <param name="Node">The node's name.</param>
/// <param name="Agent">Name and version, as it told.</param>
/// <param name="ConnectedAt">When it began to follow.</param>
/// <param name="Generation">The last generation of its stream that it enforces; 0 before the first.</param>
/// <param name="ProgrammedVersion">The revision of the rules that it enforces; null before the first.</param>
/// <param name="ProgrammedAt">When that came into force, by the node's clock.</param>
/// <param name="Delay">From the event's arrival here to force on the node, for its last difference; null before the first.</param>
/// <param name="Error">Why it could not put its last update in force; null when it could.</param>
/// <param name="Stats">What it has counted, as it told last; null before it did.</param>
internal sealed record ConnectedAgent(
    string Node,
    string Agent,
    DateTimeOffset ConnectedAt,
    ulong Generation = 0,
    long? ProgrammedVersion = null,
    DateTimeOffset? ProgrammedAt = null,
    TimeSpan? Delay = null,
    string? Error = null,
    NodeStats? Stats = null)
{
    /// <summary>The policies that are isolated on the node, because it cannot load them.</summary>
    public IReadOnlyDictionary<PolicyId, PolicyIsolation> Isolated { get; init; } = ImmutableDictionary<PolicyId, PolicyIsolation>.Empty;
}
