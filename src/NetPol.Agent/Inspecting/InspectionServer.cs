using Grpc.Core;
using NetPol.Agent.Streaming;
using NetPol.Hosting;

namespace NetPol.Agent.Inspecting;

/// <summary>Answers what observers ask the controller that is followed about this node.</summary>
internal sealed class InspectionServer(ControllerLink link, Inspector inspector, TimeProvider time, ILogger<InspectionServer> log) : BackgroundService
{
    private readonly Backoff _backoff = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            var connection = await link.WhenUp().WaitAsync(stoppingToken);
            try
            {
                await ServeAsync(connection, stoppingToken);
            }
            catch (Exception error) when (error is RpcException or IOException or InvalidOperationException or OperationCanceledException)
            {
                stoppingToken.ThrowIfCancellationRequested();
                // The controller is gone, which the follower tells, or knows no inspections.
            }
            catch (Exception error) when (error is not OutOfMemoryException)
            {
                Log.Unexpected(log, "to answer a question about this node", error);
            }
            await Task.Delay(_backoff.Next(), time, stoppingToken);
        }
    }

    private async Task ServeAsync(ControllerLink.Connection connection, CancellationToken cancel)
    {
        using var call = connection.Channel.ServeInspections(connection.Token, cancel);
        await call.ResponseHeadersAsync.WaitAsync(cancel);
        _backoff.Reset();
        Log.Inspected(log);
        while (await call.ResponseStream.MoveNext(cancel))
            await call.RequestStream.WriteAsync(inspector.Answer(call.ResponseStream.Current), cancel);
    }
}
