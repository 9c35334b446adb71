using System.Collections.Concurrent;
using NetPol.Protocol.Tallies;

namespace NetPol.Controller.Streaming;

/// <summary>The agents that follow this controller, one a node: when a node follows twice, the later stream counts and the earlier ends.</summary>
internal sealed class AgentRegistry
{
    private readonly ConcurrentDictionary<string, AgentSession> _sessions = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, byte> _claiming = new(StringComparer.Ordinal);

    /// <summary>By node name.</summary>
    public IReadOnlyList<AgentState> States => [.. _sessions.Values.Select(s => s.State).OrderBy(s => s.Node, StringComparer.Ordinal)];

    /// <summary>Whether an agent's claim to be on another node is to be told: the first, and again after it has followed as what it is.</summary>
    /// <param name="proven">The node that it is on.</param>
    public bool IsNews(string proven) => _claiming.TryAdd(proven, 0);

    public void Enter(AgentSession session)
    {
        _claiming.TryRemove(session.State.Node, out _);
        AgentSession? earlier = null;
        _sessions.AddOrUpdate(session.State.Node, session, (_, before) =>
        {
            earlier = before;
            return session;
        });
        earlier?.Replace();
    }

    /// <summary>Takes what a node has counted.</summary>
    /// <returns>Whether the node follows this controller.</returns>
    public bool Take(string node, Tally tally)
    {
        if (!_sessions.TryGetValue(node, out var session))
            return false;
        session.Take(tally);
        return true;
    }

    public void Leave(AgentSession session) => _sessions.TryRemove(new(session.State.Node, session));
}
