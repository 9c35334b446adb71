using NetPol.Protocol.Flows;

namespace NetPol.Agent.Flows;

/// <summary>JSON lines on the standard output.</summary>
internal sealed class LineSink : IFlowSink
{
    private readonly Stream _output = Console.OpenStandardOutput();

    public async Task WriteAsync(FlowBatch batch, CancellationToken cancel) => await _output.WriteAsync(FlowLines.Of(batch), cancel);
}
