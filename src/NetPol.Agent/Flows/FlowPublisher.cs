using NetPol.Protocol.Flows;

namespace NetPol.Agent.Flows;

/// <summary>Gives records names and hands them to every sink.</summary>
internal sealed class FlowPublisher(FlowQueue queue, AddressNames names, IEnumerable<IFlowSink> sinks, FlowMeter meter) : BackgroundService
{
    private const int Most = 256;

    /// <summary>How long records are still written when the agent stops.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var end = new CancellationTokenSource();
        await using var stopping = stoppingToken.Register(() => end.CancelAfter(Farewell));
        while (await queue.TakeAsync(Most, end.Token) is { Count: > 0 } records)
        {
            var owners = await names.FindAsync(records.SelectMany(r => new[] { r.Source.Address, r.Destination.Address }), end.Token);
            var named = records.ConvertAll(r => r with
            {
                Source = r.Source with { Owner = owners.GetValueOrDefault(r.Source.Address) },
                Destination = r.Destination with { Owner = owners.GetValueOrDefault(r.Destination.Address) },
            });
            var batch = new FlowBatch(named, meter.TakeUntold());
            foreach (var sink in sinks)
                await sink.WriteAsync(batch, end.Token);
        }
    }
}
