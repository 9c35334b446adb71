using NetPol.Protocol.Flows;

namespace NetPol.Agent.Flows;

/// <summary>Where records go. One call at a time.</summary>
internal interface IFlowSink
{
    /// <summary>What is to be counted for records that come faster than it writes.</summary>
    FlowLoss WhenSlow { get; }

    /// <summary>Writes what it can, and counts what it cannot. Does not fail for what happens outside, but may wait for it, and block, for ever.</summary>
    /// <returns>What the next batch has to tell as lost: the records that were not written, and those that this batch should have told of, if it could not.</returns>
    Task<long> WriteAsync(FlowBatch batch, CancellationToken cancel);
}
