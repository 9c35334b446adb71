namespace NetPol.Agent.Status;

/// <summary>What <c>/state</c> tells of an agent.</summary>
/// <param name="Connected">Whether it follows a controller.</param>
/// <param name="Generation">What is in force; null before the first rule set of this run.</param>
/// <param name="Updates">How many rule sets and differences have come into force.</param>
/// <param name="Resyncs">How often somebody else had changed the table and it was put right.</param>
/// <param name="StaleConnectionsRemoved">How many established connections were cut because a change forbade them.</param>
/// <param name="Error">Why it does not follow a controller, or why its last update is not in force.</param>
/// <param name="HostNetwork">What is known of the node's own network.</param>
/// <param name="ProgrammingDelay">From the arrival of an event at the controller to its rules in the kernel.</param>
internal sealed record AgentStatusReport(bool Connected, ulong? Generation, long Updates, long Resyncs, long StaleConnectionsRemoved, string? Error, HostNetworkSummary HostNetwork, ProgrammingDelay ProgrammingDelay)
{
    /// <summary>Pods that are ports of bridges.</summary>
    public BridgeSummary? Bridges { get; init; }

    /// <summary>Why <c>/readyz</c> fails; null when it does not.</summary>
    public string? NotReadyReason { get; init; }
}

/// <summary>What <c>/state</c> says of pods that are ports of bridges.</summary>
/// <param name="Pods">How many ports lead into pods.</param>
/// <param name="UnknownPorts">How many of them have no address of a known pod, and may not send.</param>
/// <param name="SpoofedFrames">Frames that were dropped, as the kernel counted when the agent last read it.</param>
/// <param name="Error">What is not covered and why; null when the table of the bridge family is as it must be, or no pod is a port of a bridge.</param>
internal sealed record BridgeSummary(int Pods, int UnknownPorts, ulong SpoofedFrames, string? Error);

/// <summary>What <c>/state</c> tells of the node's network.</summary>
/// <param name="Uplinks">The names of the interfaces that lead away from local pods.</param>
/// <param name="Tunnels">Where tunnels receive: <c>udp/8472</c>, or <c>protocol 4</c>.</param>
/// <param name="Error">Why the network could not be read last time; the lists are those of the time before.</param>
internal sealed record HostNetworkSummary(IReadOnlyList<string> Uplinks, IReadOnlyList<string> Tunnels, string? Error);

/// <summary>In seconds, of the last 1,024 updates that were differences; null when there was none.</summary>
internal sealed record ProgrammingDelay(int Count, double? P50, double? P99, double? Max);
