using NetPol.Model.Rules;

namespace NetPol.Agent.Flows;

/// <summary>A flow that packets are still counted for.</summary>
/// <param name="key">What its packets have in common.</param>
/// <param name="decision">What they met.</param>
/// <param name="sourcePort">Of the first packet.</param>
/// <param name="at">When that came.</param>
/// <param name="timestamp">The same, by the clock that never jumps.</param>
internal sealed class OpenFlow(FlowKey key, Decision decision, ushort? sourcePort, DateTimeOffset at, long timestamp)
{
    public FlowKey Key { get; } = key;

    public Decision Decision { get; } = decision;

    /// <summary>Null also when the packets had several.</summary>
    public ushort? SourcePort { get; private set; } = sourcePort;

    public DateTimeOffset FirstAt { get; } = at;

    public DateTimeOffset LastAt { get; private set; } = at;

    public long FirstTimestamp { get; } = timestamp;

    public long Count { get; private set; } = 1;

    public void Add(ushort? port, DateTimeOffset at)
    {
        if (SourcePort != port)
            SourcePort = null;
        LastAt = at;
        Count++;
    }
}
