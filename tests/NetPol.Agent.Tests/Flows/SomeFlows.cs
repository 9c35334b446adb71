using NetPol.Model;
using NetPol.Model.Policies;
using NetPol.Model.Rules;
using NetPol.Protocol.Flows;

namespace NetPol.Agent.Tests.Flows;

/// <summary>Records that differ in their port.</summary>
internal static class SomeFlows
{
    public static FlowBatch Batch(int count, long lost = 0) => new([.. Records(count)], lost);

    public static IEnumerable<FlowRecord> Records(int count) => Enumerable.Range(0, count).Select(i => new FlowRecord
    {
        FirstAt = DateTimeOffset.UnixEpoch,
        LastAt = DateTimeOffset.UnixEpoch,
        Node = "n1",
        Decision = Decision.ByDefault(Direction.Egress),
        Source = new(IpAddress.Parse("10.0.0.1"), null),
        Destination = new(IpAddress.Parse("10.0.0.2"), (ushort)(80 + i)),
        Protocol = 6,
        Count = 1,
    });
}
