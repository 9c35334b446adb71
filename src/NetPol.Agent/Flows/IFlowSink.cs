using NetPol.Protocol.Flows;

namespace NetPol.Agent.Flows;

/// <summary>Where records go. One call at a time.</summary>
internal interface IFlowSink
{
    /// <summary>Writes what it can, and counts what it cannot. Does not fail for what happens outside, and does not wait long for it.</summary>
    Task WriteAsync(FlowBatch batch, CancellationToken cancel);
}
