using System.Diagnostics.Metrics;
using NetPol.Agent.Infrastructure;

namespace NetPol.Agent.FlowLogs;

/// <summary>Counts logged packets, flow records and losses. Safe for any thread.</summary>
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
        _packets = meter.CreateCounter<long>("netpol.flow.packets", "{packet}", "Packets that the kernel logged for flow records");
        _records = meter.CreateCounter<long>("netpol.flow.records", "{record}", "Flow records that packets were merged into");
        _lost = meter.CreateCounter<long>("netpol.flow.lost", "{packet}", "Packets, or records, that should be in the flow records and are not, by cause");
        // Zero is exported from the start: an alert on an increase needs the first step too.
        _packets.Add(0);
        _records.Add(0);
        foreach (var cause in Causes)
            _lost.Add(0, cause);
    }

    public void CountPacket() => _packets.Add(1);

    public void CountRecord() => _records.Add(1);

    /// <summary>Counts records or packets that no output gets.</summary>
    public void CountLost(FlowLossReason cause, long count)
    {
        CountNotExported(cause, count);
        if (count > 0)
            Interlocked.Add(ref _unreported, count);
    }

    /// <summary>Counts records that one output does not get; others may get them.</summary>
    public void CountNotExported(FlowLossReason cause, long count)
    {
        if (count > 0)
            _lost.Add(count, Causes[(int)cause]);
    }

    /// <summary>Returns how much was lost for every output since the last call.</summary>
    public long TakeUnreported() => Interlocked.Exchange(ref _unreported, 0);
}

/// <summary>Why a packet or a record was lost. The last three lose records, the others packets.</summary>
internal enum FlowLossReason
{
    /// <summary>The kernel did not log it, because it exceeded the rate of its decision.</summary>
    Rate,

    /// <summary>The kernel logged it, and the agent did not read it in time.</summary>
    Socket,

    /// <summary>Too many flows were open at once.</summary>
    Memory,

    /// <summary>Its decision is not in the rules of this run.</summary>
    Decision,

    /// <summary>It was no IP packet, or the message had no readable packet.</summary>
    Packet,

    /// <summary>The output was too slow.</summary>
    Queue,

    /// <summary>The output refused it.</summary>
    Output,

    /// <summary>The controller did not get it, because there was none or it asked for fewer. Other outputs get it.</summary>
    Controller,
}
