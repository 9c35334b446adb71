using NetPol.Agent.Bridging;
using NetPol.Agent.Network;

namespace NetPol.Agent.Streaming;

/// <summary>What <c>/state</c> tells of an agent.</summary>
/// <param name="Connected">Whether it follows a controller.</param>
/// <param name="Generation">What is in force; null before the first rule set of this run.</param>
/// <param name="Updates">How many rule sets and differences have come into force.</param>
/// <param name="Repairs">How often somebody else had changed the table and it was put right.</param>
/// <param name="Cut">How many established connections were cut because a change forbade them.</param>
/// <param name="Trouble">Why it does not follow a controller, or why its last update is not in force.</param>
/// <param name="HostNetwork">What is known of the node's own network.</param>
/// <param name="EnforcementDelay">From the arrival of an event at the controller to its rules in the kernel.</param>
internal sealed record AgentDescription(bool Connected, ulong? Generation, long Updates, long Repairs, long Cut, string? Trouble, HostNetworkSummary HostNetwork, EnforcementDelay EnforcementDelay)
{
    /// <summary>Pods that are ports of bridges.</summary>
    public BridgeDescription? Bridges { get; init; }

    /// <summary>Why <c>/readyz</c> fails; null when it does not.</summary>
    public string? NotReady { get; init; }
}
