using System.Diagnostics.Metrics;

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
        var meter = meters.Create(AgentMetrics.MeterName);
        _packets = meter.CreateCounter<long>("netpol.flow.packets", "{packet}", "Packets that the kernel handed over for flow records");
        _records = meter.CreateCounter<long>("netpol.flow.records", "{record}", "Flow records that packets were merged into");
        _lost = meter.CreateCounter<long>("netpol.flow.lost", "{packet}", "Packets, or records, that should be in the flow records and are not, by cause");
        // That nothing was lost is told from the start: an alert on an increase needs the first step too.
        _packets.Add(0);
        _records.Add(0);
        foreach (var cause in Causes)
            _lost.Add(0, cause);
    }

    public void Packet() => _packets.Add(1);

    public void Record() => _records.Add(1);

    /// <summary>No output will have it.</summary>
    public void Lost(FlowLoss cause, long count)
    {
        NotWritten(cause, count);
        if (count > 0)
            Interlocked.Add(ref _untold, count);
    }

    /// <summary>One output lacks it; the others may have it.</summary>
    public void NotWritten(FlowLoss cause, long count)
    {
        if (count > 0)
            _lost.Add(count, Causes[(int)cause]);
    }

    /// <summary>What no output has, of what was lost since this was asked last.</summary>
    public long TakeUntold() => Interlocked.Exchange(ref _untold, 0);
}
