namespace NetPol.Agent.Status;

/// <summary>The JSON document at <c>/state</c>.</summary>
/// <param name="Connected">Whether the agent is connected to a controller.</param>
/// <param name="Generation">The programmed generation; null before the first rule set of this run.</param>
/// <param name="Updates">The number of rule sets and differences that were programmed.</param>
/// <param name="Resyncs">How often the agent restored the table after another program changed it.</param>
/// <param name="StaleConnectionsRemoved">The number of established connections that the agent removed because the rules forbid them.</param>
/// <param name="Error">Why the agent is not connected, or why its last update is not programmed; null if neither.</param>
/// <param name="HostNetwork">The node's own network.</param>
/// <param name="ProgrammingDelay">From the arrival of an event at the controller to its rules in the kernel.</param>
internal sealed record AgentStatusReport(bool Connected, ulong? Generation, long Updates, long Resyncs, long StaleConnectionsRemoved, string? Error, HostNetworkSummary HostNetwork, ProgrammingDelay ProgrammingDelay)
{
    /// <summary>Pods that are ports of bridges.</summary>
    public BridgeSummary? Bridges { get; init; }

    /// <summary>Why <c>/readyz</c> fails; null if it does not.</summary>
    public string? NotReadyReason { get; init; }
}

/// <summary>Pods that are ports of bridges, in <c>/state</c>.</summary>
/// <param name="Pods">How many ports lead into pods.</param>
/// <param name="UnknownPorts">How many of them have no address of a ready pod, and may not send.</param>
/// <param name="SpoofedFrames">Frames that were dropped, as the kernel counted when the agent last read it.</param>
/// <param name="Error">What is not covered and why; null if the table of the bridge family is as wanted, or no pod is a port of a bridge.</param>
internal sealed record BridgeSummary(int Pods, int UnknownPorts, ulong SpoofedFrames, string? Error);

/// <summary>The node's network, in <c>/state</c>.</summary>
/// <param name="Uplinks">The names of the interfaces that lead away from local pods.</param>
/// <param name="Tunnels">Where tunnels receive: <c>udp/8472</c>, or <c>protocol 4</c>.</param>
/// <param name="Error">Why the network could not be read last time; the lists are those of the last successful read.</param>
internal sealed record HostNetworkSummary(IReadOnlyList<string> Uplinks, IReadOnlyList<string> Tunnels, string? Error);

/// <summary>Quantiles in seconds, over the last 1,024 updates with a known cause; null if there was none.</summary>
internal sealed record ProgrammingDelay(int Count, double? P50, double? P99, double? Max);
