using NetPol.Protocol.Flows;

namespace NetPol.Agent.Flows;

/// <summary>JSON lines on the standard output. While nobody reads it, a write does not return.</summary>
internal sealed class LineSink(Stream output, FlowMeter meter) : IFlowSink
{
    public FlowLoss WhenSlow => FlowLoss.Queue;

    public Task<long> WriteAsync(FlowBatch batch, CancellationToken cancel)
    {
        try
        {
            output.Write(FlowLines.Of(batch).Span);
            return Task.FromResult(0L);
        }
        catch (IOException)
        {
            // The log goes the same way, so there is nobody to tell.
            meter.NotWritten(FlowLoss.Output, batch.Records.Count);
            return Task.FromResult(batch.Lost + batch.Records.Count);
        }
    }
}
