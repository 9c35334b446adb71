using NetPol.Agent.FlowLogs;
using NetPol.Protocol.Flows;

namespace NetPol.Agent.Tests.FlowLogs;

/// <summary>Collects every record, except those of the first batches, if it is set to refuse these.</summary>
internal sealed class CollectingExporter(int refused = 0) : IFlowExporter
{
    private readonly Lock _lock = new();
    private readonly List<(int Records, TaskCompletionSource Reached)> _awaited = [];
    private int _batches;

    public FlowLossReason LossReasonWhenSlow => FlowLossReason.Queue;

    public int Records { get; private set; }

    /// <summary>The losses that the collected batches reported.</summary>
    public long Lost { get; private set; }

    /// <summary>Ends when so many records have been taken or refused, in all.</summary>
    public Task WhenReached(int records)
    {
        lock (_lock)
        {
            var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _awaited.Add((records, reached));
            Signal();
            return reached.Task;
        }
    }

    public Task<long> WriteAsync(FlowBatch batch, CancellationToken cancel)
    {
        lock (_lock)
        {
            Records += batch.Records.Count;
            Signal();
            if (_batches++ < refused)
                return Task.FromResult(batch.Lost + batch.Records.Count);
            Lost += batch.Lost;
            return Task.FromResult(0L);
        }
    }

    private void Signal()
    {
        foreach (var (_, reached) in _awaited.Where(a => a.Records <= Records))
            reached.TrySetResult();
    }
}
