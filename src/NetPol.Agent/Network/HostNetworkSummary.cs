namespace NetPol.Agent.Network;

/// <summary>What <c>/state</c> tells of the node's network.</summary>
/// <param name="Uplinks">The names of the interfaces that lead away from local pods.</param>
/// <param name="Tunnels">Where tunnels receive: <c>udp/8472</c>, or <c>protocol 4</c>.</param>
/// <param name="Trouble">Why the network could not be read last time; the lists are those of the time before.</param>
internal sealed record HostNetworkSummary(IReadOnlyList<string> Uplinks, IReadOnlyList<string> Tunnels, string? Trouble);
