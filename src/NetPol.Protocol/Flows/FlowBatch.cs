namespace NetPol.Protocol.Flows;

/// <summary>Records that go together, and how much was lost before them.</summary>
/// <param name="Records">In the order in which they ended.</param>
/// <param name="Lost">Packets that belong to no record, and records that went missing on the way, since the batch before.</param>
public sealed record FlowBatch(IReadOnlyList<FlowRecord> Records, long Lost)
{
    /// <summary>What a controller takes at once.</summary>
    public const int MostRecords = 1024;
}
