using System.Diagnostics.Metrics;
using NetPol.Agent.Counting;
using NetPol.Agent.Enforcing;
using NetPol.Agent.Streaming;
using NetPol.Rendering;

namespace NetPol.Agent.Metrics;

/// <summary>Measures what the agent's parts can be asked at any time.</summary>
internal sealed class AgentMeter
{
    public AgentMeter(IMeterFactory meters, AgentState state, Readiness readiness, Enforcer enforcer, CounterReader counters)
    {
        var meter = meters.Create(AgentMetrics.MeterName);
        meter.CreateObservableGauge("netpol.agent.stream.connected", () => state.IsConnected ? 1 : 0, null, "Whether it follows a controller");
        meter.CreateObservableGauge("netpol.agent.ready", () => readiness.Look() is null ? 1 : 0, null, "Whether this node enforces what a controller sends, as /readyz says");
        meter.CreateObservableGauge("netpol.agent.enforcing", () => readiness.IsEnforcing ? 1 : 0, null, "Whether the kernel has rules of NetPol; 0 means that every connection of every pod passes");
        meter.CreateObservableGauge("netpol.agent.rules.generation", () => Measure(state.Generation), null, "The generation of the stream that is in force; none before the first");
        meter.CreateObservableGauge("netpol.agent.host.uplinks", () => state.HostNetwork.Uplinks.Count, "{interface}", "Interfaces of the node that lead away from local pods");
        meter.CreateObservableGauge("netpol.agent.host.tunnels", () => state.HostNetwork.Tunnels.Count, "{endpoint}", "Ports and protocols at which tunnels of the node receive; they are closed to pods");
        meter.CreateObservableGauge("netpol.agent.host.read", () => state.HostNetwork.Trouble is null ? 1 : 0, null, "Whether the node's own network could be read last time");
        meter.CreateObservableGauge("netpol.agent.table.objects", () => Objects(enforcer, counters), "{object}", "What the rules have in the kernel, by type");
        meter.CreateObservableCounter(
            "netpol.held.connections", () => Count(counters, Names.Held), "{connection}", "Packets of connections held back because nobody knows their pod yet");
        meter.CreateObservableCounter(
            "netpol.torn.connections", () => Count(counters, Names.Torn), "{connection}", "Packets of connections held back because the rules changed while they were judged");
        meter.CreateObservableCounter(
            "netpol.source_validation.dropped_packets", () => Dropped(counters), "{packet}", "Packets that no pod can have sent under its own address, by reason; no policy judged them");
    }

    private static IEnumerable<Measurement<long>> Dropped(CounterReader counters) =>
        from counter in counters.Read()
        where counter.Name is Names.Spoofed or Names.Tunneled or Names.SourceRouted or Names.LinkLocal
        select new Measurement<long>((long)Math.Min(counter.Packets, long.MaxValue), new KeyValuePair<string, object?>("reason", counter.Name));

    private static IEnumerable<Measurement<long>> Count(CounterReader counters, string name) =>
        Measure(counters.Read().Where(c => string.Equals(c.Name, name, StringComparison.Ordinal)).Select(c => (ulong?)c.Packets).FirstOrDefault());

    private static IEnumerable<Measurement<long>> Measure(ulong? value) => value is { } there ? [new((long)Math.Min(there, long.MaxValue))] : [];

    private static IEnumerable<Measurement<long>> Objects(Enforcer enforcer, CounterReader counters)
    {
        yield return Of(counters.Read().Count, "counter");
        if (enforcer.Rules is not { } rules)
            yield break;
        var size = TableSize.Of(rules);
        yield return Of(size.Chains, "chain");
        yield return Of(size.Sets, "set");
        yield return Of(size.Elements, "element");

        static Measurement<long> Of(int count, string type) => new(count, new KeyValuePair<string, object?>("type", type));
    }
}
