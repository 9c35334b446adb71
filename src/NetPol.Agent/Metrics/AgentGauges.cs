using System.Diagnostics.Metrics;
using NetPol.Agent.Counters;
using NetPol.Agent.Dataplane;
using NetPol.Agent.Health;
using NetPol.Agent.Infrastructure;
using NetPol.Agent.Status;
using NetPol.Nftables.Kernel;
using NetPol.Rendering;

namespace NetPol.Agent.Metrics;

/// <summary>The gauges of the agent, and counters that it reads from the kernel.</summary>
internal sealed class AgentGauges
{
    public AgentGauges(IMeterFactory meters, AgentStatus state, ReadinessCheck readiness, NftablesDataplane dataplane, KernelNftables nftables, CounterReader counters)
    {
        var meter = meters.Create(AgentInstrumentation.MeterName);
        meter.CreateObservableGauge("netpol.agent.stream.connected", () => state.IsConnected ? 1 : 0, null, "Whether the agent is connected to a controller");
        meter.CreateObservableGauge("netpol.agent.ready", () => readiness.Check() is null ? 1 : 0, null, "Whether this node enforces what a controller sends, as /readyz says");
        meter.CreateObservableGauge("netpol.agent.enforcing", () => readiness.HasRules ? 1 : 0, null, "Whether the kernel has rules of NetPol; 0 means that every connection of every pod passes");
        meter.CreateObservableGauge("netpol.agent.rules.generation", () => Measure(state.Generation), null, "The generation that is programmed; none before the first");
        meter.CreateObservableGauge("netpol.agent.host.uplinks", () => state.HostNetwork.Uplinks.Count, "{interface}", "Interfaces of the node that lead away from local pods");
        meter.CreateObservableGauge("netpol.agent.host.tunnels", () => state.HostNetwork.Tunnels.Count, "{endpoint}", "Ports and protocols at which tunnels of the node receive; they are closed to pods");
        meter.CreateObservableGauge("netpol.agent.host.network.readable", () => state.HostNetwork.Error is null ? 1 : 0, null, "Whether the node's own network could be read last time");
        meter.CreateObservableGauge("netpol.agent.table.owned", () => nftables.OwnsTables ? 1 : 0, null, "Whether the kernel refuses changes of NetPol's table by other programs; 0 before Linux 6.9, where the agent repairs the table");
        meter.CreateObservableGauge("netpol.agent.table.objects", () => Objects(dataplane, counters), "{object}", "Kernel objects of the rules, by type");
        meter.CreateObservableCounter(
            "netpol.unready.drops", () => Count(counters, ObjectNames.Unready), "{connection}", "Packets dropped because their pod is not ready: its policies are not programmed yet");
        meter.CreateObservableCounter(
            "netpol.mixed_generation.drops", () => Count(counters, ObjectNames.MixedGeneration), "{connection}", "Packets dropped because the rules changed while the packet was evaluated");
        meter.CreateObservableCounter(
            "netpol.source_validation.dropped_packets", () => Dropped(counters), "{packet}", "Packets that no pod can have sent under its own address, by reason; no policy applied to them");
    }

    private static IEnumerable<Measurement<long>> Dropped(CounterReader counters) =>
        from counter in counters.Read()
        where counter.Name is ObjectNames.Spoofed or ObjectNames.Tunneled or ObjectNames.SourceRouted or ObjectNames.LinkLocal
        select new Measurement<long>((long)Math.Min(counter.Packets, long.MaxValue), new KeyValuePair<string, object?>("reason", counter.Name));

    private static IEnumerable<Measurement<long>> Count(CounterReader counters, string name) =>
        Measure(counters.Read().Where(c => string.Equals(c.Name, name, StringComparison.Ordinal)).Select(c => (ulong?)c.Packets).FirstOrDefault());

    private static IEnumerable<Measurement<long>> Measure(ulong? value) => value is { } there ? [new((long)Math.Min(there, long.MaxValue))] : [];

    private static IEnumerable<Measurement<long>> Objects(NftablesDataplane dataplane, CounterReader counters)
    {
        yield return Of(counters.Read().Count, "counter");
        if (dataplane.ProgrammedRules is not { } rules)
            yield break;
        var size = TableSize.Of(rules);
        yield return Of(size.Chains, "chain");
        yield return Of(size.Sets, "set");
        yield return Of(size.Elements, "element");

        static Measurement<long> Of(int count, string type) => new(count, new KeyValuePair<string, object?>("type", type));
    }
}
