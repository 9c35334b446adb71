using Grpc.Core;
using NetPol.Agent.Streaming;
using NetPol.Protocol.Flows;

namespace NetPol.Agent.Flows;

/// <summary>Tells the controller that is followed, as much as it has a use for.</summary>
internal sealed class ControllerSink(ControllerLink link, FlowMeter meter, TimeProvider time) : IFlowSink
{
    /// <summary>Until the controller has said how many it wants.</summary>
    private const int FirstDemand = 10;

    private const int Burst = 10;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private int _demand = FirstDemand;
    private double _allowed = FirstDemand * Burst;
    private long _filled = time.GetTimestamp();

    public FlowLoss WhenSlow => FlowLoss.Controller;

    public async Task<long> WriteAsync(FlowBatch batch, CancellationToken cancel)
    {
        Fill();
        var sent = (int)Math.Min(_allowed, batch.Records.Count);
        var lost = batch.Lost + batch.Records.Count - sent;
        _allowed -= sent;
        meter.NotWritten(FlowLoss.Controller, batch.Records.Count - sent);
        if (sent > 0 && await SendAsync(new([.. batch.Records.Take(sent)], lost), cancel))
            return 0;
        meter.NotWritten(FlowLoss.Controller, sent);
        return lost + sent;
    }

    private async Task<bool> SendAsync(FlowBatch batch, CancellationToken cancel)
    {
        if (link.Current is not { } connection)
            return false;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(Patience);
        try
        {
            _demand = await connection.Channel.ReportAsync(connection.Token, batch, patience.Token);
            return true;
        }
        catch (Exception error) when (error is RpcException or OperationCanceledException or ObjectDisposedException)
        {
            cancel.ThrowIfCancellationRequested();
            return false;
        }
    }

    private void Fill()
    {
        _allowed = Math.Min((double)_demand * Burst, _allowed + (time.GetElapsedTime(_filled).TotalSeconds * _demand));
        _filled = time.GetTimestamp();
    }
}
