using System.Collections.Concurrent;
using System.Collections.Immutable;
using NetPol.Model.Policies;
using NetPol.Protocol.Stats;

namespace NetPol.Controller.Sync;

/// <summary>The agents that are connected to this controller, one per node: a later stream of a node ends the earlier one. Safe for any thread.</summary>
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

    /// <summary>Returns whether to log an agent's claim to be on another node: the first, and again after it has connected for its own node.</summary>
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

    /// <returns>Whether the node's agent is connected to this controller.</returns>
    public bool UpdateStats(string node, NodeStats nodeStats)
    {
        AgentSession? session;
        lock (_lock)
            session = _sessions.GetValueOrDefault(node);
        session?.UpdateStats(nodeStats);
        return session is not null;
    }

    /// <summary>Ends one <see cref="Register"/>; does nothing when another stream of the node has replaced the session.</summary>
    public void Unregister(AgentSession session)
    {
        lock (_lock)
        {
            if (_sessions.GetValueOrDefault(session.State.Node) == session)
                _sessions.Remove(session.State.Node);
        }
    }
}

/// <summary>The state of a connected agent.</summary>
/// <param name="Node">The node's name.</param>
/// <param name="Agent">Name and version, from its Hello.</param>
/// <param name="ConnectedAt">When its stream began.</param>
/// <param name="Generation">The last generation of its stream that it enforces; 0 before the first.</param>
/// <param name="ProgrammedVersion">The revision of the rules that it enforces; null before the first.</param>
/// <param name="ProgrammedAt">When it programmed that, by the node's clock.</param>
/// <param name="Delay">From the event's arrival at the controller until the node programmed its last difference; null before the first.</param>
/// <param name="Error">Why it could not program its last update; null when it could.</param>
/// <param name="Stats">Its last reported counts; null before the first report.</param>
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
