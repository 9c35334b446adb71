using System.Collections.Concurrent;
using NetPol.Protocol.Tallies;

namespace NetPol.Controller.Streaming;

/// <summary>The agents that follow this controller, one a node: when a node follows twice, the later stream counts and the earlier ends. Safe for any thread.</summary>
internal sealed class AgentRegistry
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, AgentSession> _sessions = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, byte> _claiming = new(StringComparer.Ordinal);

    /// <summary>By node name.</summary>
    public IReadOnlyList<AgentState> States
    {
        get
        {
            lock (_lock)
                return [.. _sessions.Values.Select(s => s.State)];
        }
    }

    /// <summary>Whether an agent's claim to be on another node is to be told: the first, and again after it has followed as what it is.</summary>
    /// <param name="proven">The node that it is on.</param>
    public bool IsNews(string proven) => _claiming.TryAdd(proven, 0);

    public void Enter(AgentSession session)
    {
        _claiming.TryRemove(session.State.Node, out _);
        AgentSession? earlier;
        lock (_lock)
        {
            earlier = _sessions.GetValueOrDefault(session.State.Node);
            _sessions[session.State.Node] = session;
        }
        earlier?.Replace();
    }

    /// <summary>Takes what a node has counted.</summary>
    /// <returns>Whether the node follows this controller.</returns>
    public bool Take(string node, Tally tally)
    {
        AgentSession? session;
        lock (_lock)
            session = _sessions.GetValueOrDefault(node);
        session?.Take(tally);
        return session is not null;
    }

    /// <summary>Takes one <see cref="Enter"/> back; nothing where another stream of the node has taken over.</summary>
    public void Leave(AgentSession session)
    {
        lock (_lock)
        {
            if (_sessions.GetValueOrDefault(session.State.Node) == session)
                _sessions.Remove(session.State.Node);
        }
    }
}
