using NetPol.Protocol.Flows;

namespace NetPol.Agent.Flows;

/// <summary>Gives records names and hands them to every output.</summary>
internal sealed class FlowPublisher(FlowQueue queue, AddressNames names, IEnumerable<IFlowSink> sinks, FlowMeter meter, TimeProvider time) : BackgroundService
{
    /// <summary>How long records are still written when the agent stops.</summary>
    public static readonly TimeSpan Farewell = TimeSpan.FromSeconds(5);

    private const int Most = 256;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var end = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        await using var stopping = stoppingToken.Register(() => end.CancelAfter(Farewell));
        var outlets = sinks.Select(s => new FlowOutlet(s, meter)).ToList();
        // The first that fails ends the agent.
        await foreach (var ended in Task.WhenEach(outlets.Select(o => o.RunAsync(end.Token)).Prepend(PublishAsync(outlets, end.Token))))
            await ended;
    }

    private async Task PublishAsync(List<FlowOutlet> outlets, CancellationToken cancel)
    {
        while (await queue.TakeAsync(Most, cancel) is { Count: > 0 } records)
        {
            var owners = await names.FindAsync(records.SelectMany(r => new[] { r.Source.Address, r.Destination.Address }), cancel);
            var named = records.ConvertAll(r => r with
            {
                Source = r.Source with { Owner = owners.GetValueOrDefault(r.Source.Address) },
                Destination = r.Destination with { Owner = owners.GetValueOrDefault(r.Destination.Address) },
            });
            var batch = new FlowBatch(named, meter.TakeUntold());
            outlets.ForEach(o => o.Put(batch));
        }
        outlets.ForEach(o => o.Complete());
    }
}
