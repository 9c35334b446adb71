using NetPol.Protocol.Flows;

namespace NetPol.Agent.Flows;

/// <summary>Gives records names and hands them to every sink.</summary>
internal sealed class FlowPublisher(FlowQueue queue, AddressNames names, IEnumerable<IFlowSink> sinks, FlowMeter meter) : BackgroundService
{
    private const int Most = 256;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            var records = await queue.TakeAsync(Most, stoppingToken);
            var owners = await names.FindAsync(records.SelectMany(r => new[] { r.Source.Address, r.Destination.Address }), stoppingToken);
            var named = records.ConvertAll(r => r with
            {
                Source = r.Source with { Owner = owners.GetValueOrDefault(r.Source.Address) },
                Destination = r.Destination with { Owner = owners.GetValueOrDefault(r.Destination.Address) },
            });
            var batch = new FlowBatch(named, meter.TakeUntold());
            foreach (var sink in sinks)
                await sink.WriteAsync(batch, stoppingToken);
        }
    }
}
