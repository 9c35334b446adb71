using NetPol.Protocol.State;

namespace NetPol.Controller.Pages;

/// <summary>A node, as the page gets it.</summary>
/// <param name="Name">The node's name.</param>
/// <param name="Replica">The controller that its agent follows; null when it follows none.</param>
/// <param name="Agent">What that controller tells of the agent; null as well then.</param>
internal sealed record NodeView(string Name, string? Replica, AgentReport? Agent);
