using System.Diagnostics.Metrics;

namespace NetPol.Agent.Bridging;

/// <summary>What <c>/state</c> says of pods that are ports of bridges.</summary>
/// <param name="Pods">How many ports lead into pods.</param>
/// <param name="Unknown">How many of them have no address of a known pod, and may not send.</param>
/// <param name="Dropped">Frames that were dropped, as the kernel counted when the agent last read it.</param>
/// <param name="Uncovered">What is not covered and why; null when the table of the bridge family is as it must be, or no pod is a port of a bridge.</param>
internal sealed record BridgeDescription(int Pods, int Unknown, ulong Dropped, string? Uncovered);

/// <summary>Whether what pods send into bridges is limited. Safe for any thread.</summary>
internal sealed class BridgeCoverage
{
    private BridgeDescription _description = new(0, 0, 0, null);

    public BridgeCoverage(IMeterFactory meters)
    {
        var meter = meters.Create(AgentMetrics.MeterName);
        meter.CreateObservableGauge("netpol.agent.bridge.uncovered", () => Description.Uncovered is null ? 0 : 1, null, "Whether pods on bridges can send under the address of another pod of their bridge");
        meter.CreateObservableGauge("netpol.agent.bridge.ports", () => Description.Pods, "{port}", "Ports of bridges that lead into pods");
        meter.CreateObservableCounter("netpol.bridge.spoofed.frames", () => (long)Description.Dropped, "{frame}", "Frames that pods sent into bridges with an address that is not theirs, or that carry neither IP nor ARP");
    }

    public BridgeDescription Description
    {
        get => Volatile.Read(ref _description);
        set => Volatile.Write(ref _description, value);
    }
}
