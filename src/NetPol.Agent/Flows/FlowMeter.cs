using System.Diagnostics.Metrics;
using NetPol.Agent.Metrics;

namespace NetPol.Agent.Flows;

/// <summary>Counts what the flow records are made of, and what is missing in them. Safe for any thread.</summary>
internal sealed class FlowMeter
{
    private static readonly KeyValuePair<string, object?>[] Causes =
        [.. Enum.GetNames<FlowLoss>().Select(name => KeyValuePair.Create("cause", (object?)name.ToLowerInvariant()))];

    private readonly Counter<long> _packets;
    private readonly Counter<long> _records;
    private readonly Counter<long> _lost;
    private long _untold;

    public FlowMeter(IMeterFactory meters)
    {
        var meter = meters.Create(AgentMeter.Name);
        _packets = meter.CreateCounter<long>("netpol.flow.packets", "{packet}", "Packets that the kernel handed over for flow records");
        _records = meter.CreateCounter<long>("netpol.flow.records", "{record}", "Flow records that packets were merged into");
        _lost = meter.CreateCounter<long>("netpol.flow.lost", "{packet}", "Packets, or records, that should be in the flow records and are not, by cause");
    }

    public void Packet() => _packets.Add(1);

    public void Record() => _records.Add(1);

    public void Lost(FlowLoss cause, long count)
    {
        if (count <= 0)
            return;
        _lost.Add(count, Causes[(int)cause]);
        if (cause != FlowLoss.Controller)
            Interlocked.Add(ref _untold, count);
    }

    /// <summary>What was lost since this was asked last, but for what only the controller lacks.</summary>
    public long TakeUntold() => Interlocked.Exchange(ref _untold, 0);
}
