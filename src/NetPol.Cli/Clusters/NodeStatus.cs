using NetPol.Protocol.State;

namespace NetPol.Cli.Clusters;

/// <summary>A node, and which controller its agent follows; null for both when no controller tells of one.</summary>
internal sealed record NodeStatus(string Name, string? Controller, AgentReport? Agent)
{
    /// <summary>Why it may not enforce what is now true; null when it does.</summary>
    public string? Trouble => Agent switch
    {
        null => "no agent follows a controller",
        { Error: { } error } => error,
        { IsCurrent: false } => "an update is under way",
        _ => null,
    };
}
