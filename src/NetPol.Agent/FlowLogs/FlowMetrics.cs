using System.Diagnostics.Metrics;
using NetPol.Agent.Infrastructure;

namespace NetPol.Agent.FlowLogs;

/// <summary>Counts what the flow records are made of, and what is missing in them. Safe for any thread.</summary>
internal sealed class FlowMetrics
{
    private static readonly KeyValuePair<string, object?>[] Causes =
        [.. Enum.GetNames<FlowLossReason>().Select(name => KeyValuePair.Create("cause", (object?)name.ToLowerInvariant()))];

    private readonly Counter<long> _packets;
    private readonly Counter<long> _records;
    private readonly Counter<long> _lost;
    private long _unreported;

    public FlowMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(AgentInstrumentation.MeterName);
        _packets = meter.CreateCounter<long>("netpol.flow.packets", "{packet}", "Packets that the kernel handed over for flow records");
        _records = meter.CreateCounter<long>("netpol.flow.records", "{record}", "Flow records that packets were merged into");
        _lost = meter.CreateCounter<long>("netpol.flow.lost", "{packet}", "Packets, or records, that should be in the flow records and are not, by cause");
        // That nothing was lost is told from the start: an alert on an increase needs the first step too.
        _packets.Add(0);
        _records.Add(0);
        foreach (var cause in Causes)
            _lost.Add(0, cause);
    }

    public void CountPacket() => _packets.Add(1);

    public void CountRecord() => _records.Add(1);

    /// <summary>No output will have it.</summary>
    public void CountLost(FlowLossReason cause, long count)
    {
        CountNotExported(cause, count);
        if (count > 0)
            Interlocked.Add(ref _unreported, count);
    }

    /// <summary>One output lacks it; the others may have it.</summary>
    public void CountNotExported(FlowLossReason cause, long count)
    {
        if (count > 0)
            _lost.Add(count, Causes[(int)cause]);
    }

    /// <summary>What no output has, of what was lost since this was asked last.</summary>
    public long TakeUnreported() => Interlocked.Exchange(ref _unreported, 0);
}

/// <summary>Why something that should be in a flow record is in none. Packets, but for the last three, which lose records.</summary>
internal enum FlowLossReason
{
    /// <summary>The kernel did not log it: beyond the rate of its decision.</summary>
    Rate,

    /// <summary>The kernel logged it and nobody read it in time.</summary>
    Socket,

    /// <summary>Too many flows were open at once.</summary>
    Memory,

    /// <summary>It met a decision of rules that this run does not know.</summary>
    Decision,

    /// <summary>It was no packet of IP, or what came was no packet.</summary>
    Packet,

    /// <summary>What writes the records was too slow.</summary>
    Queue,

    /// <summary>The output refused it.</summary>
    Output,

    /// <summary>The controller did not get it: there was none, or it wants fewer. Other outputs have it.</summary>
    Controller,
}
