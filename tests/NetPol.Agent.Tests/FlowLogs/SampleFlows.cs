using NetPol.Model.Net;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;
using NetPol.Protocol.Flows;

namespace NetPol.Agent.Tests.FlowLogs;

/// <summary>Records that differ in their port.</summary>
internal static class SampleFlows
{
    public static FlowBatch Batch(int count, long lost = 0) => new([.. Records(count)], lost);

    public static IEnumerable<FlowRecord> Records(int count) => Enumerable.Range(0, count).Select(i => new FlowRecord
    {
        FirstPacketAt = DateTimeOffset.UnixEpoch,
        LastPacketAt = DateTimeOffset.UnixEpoch,
        Node = "n1",
        Decision = Decision.ByDefault(Direction.Egress),
        Source = new(IpAddress.Parse("10.0.0.1"), null),
        Destination = new(IpAddress.Parse("10.0.0.2"), (ushort)(80 + i)),
        Protocol = 6,
        Count = 1,
    });
}
