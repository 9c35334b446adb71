using NetPol.Protocol.Flows;

namespace NetPol.Cli.Watching;

/// <summary>The last denials that a controller told: it tells them again to whoever comes back.</summary>
internal sealed class LastDenials
{
    /// <summary>No controller remembers more.</summary>
    private const int Most = 512;

    private readonly Queue<FlowRecord> _order = new();
    private readonly HashSet<FlowRecord> _known = [];

    /// <summary>What of a batch was not told before.</summary>
    public FlowBatch WithoutKnown(FlowBatch batch) => batch with { Records = [.. batch.Records.Where(IsNew)] };

    private bool IsNew(FlowRecord record)
    {
        if (!record.IsDenied)
            return true;
        if (!_known.Add(record))
            return false;
        _order.Enqueue(record);
        if (_order.Count > Most)
            _known.Remove(_order.Dequeue());
        return true;
    }
}
