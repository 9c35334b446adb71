using System.Threading.Channels;
using Grpc.Core;
using NetPol.Agent.Sync;
using NetPol.Model.Net;
using NetPol.Protocol.Flows;

namespace NetPol.Agent.FlowLogs;

/// <summary>Adds the owners of addresses to records and passes them to every output.</summary>
internal sealed class FlowPublisher(FlowRecordQueue queue, IpCacheClient names, IEnumerable<IFlowExporter> exporters, FlowMetrics meter, TimeProvider time) : BackgroundService
{
    /// <summary>How long the agent still writes records when it stops.</summary>
    public static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(5);

    private const int MaxBatch = 256;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var end = new CancellationTokenSource(Timeout.InfiniteTimeSpan, time);
        await using var stopping = stoppingToken.Register(() => end.CancelAfter(ShutdownTimeout));
        var queues = exporters.Select(s => new FlowExportQueue(s, meter)).ToList();
        // The first that fails ends the agent.
        await foreach (var ended in Task.WhenEach(queues.Select(o => o.RunAsync(end.Token)).Prepend(PublishAsync(queues, end.Token))))
            await ended;
    }

    private async Task PublishAsync(List<FlowExportQueue> queues, CancellationToken cancel)
    {
        while (await queue.DequeueAsync(MaxBatch, cancel) is { Count: > 0 } records)
        {
            var owners = await names.LookupAsync(records.SelectMany(r => new[] { r.Source.Address, r.Destination.Address }), cancel);
            var named = records.ConvertAll(r => r with
            {
                Source = r.Source with { Owner = owners.GetValueOrDefault(r.Source.Address) },
                Destination = r.Destination with { Owner = owners.GetValueOrDefault(r.Destination.Address) },
            });
            var batch = new FlowBatch(named, meter.TakeUnreported());
            queues.ForEach(o => o.Enqueue(batch));
        }
        queues.ForEach(o => o.Complete());
    }
}

/// <summary>Asks the controller for the owners of addresses, and keeps the answers for a few seconds. Without a controller, addresses have no owner. One call at a time.</summary>
internal sealed class IpCacheClient(ActiveController link, TimeProvider time)
{
    private const int MaxAddressesPerRequest = 256;
    private const int MaxEntries = 8192;
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan EntryLifetime = TimeSpan.FromSeconds(10);

    private readonly Dictionary<IpAddress, (AddressOwner? Owner, long Timestamp)> _known = [];
    private long? _failed;

    /// <summary>The owners of those addresses that have one.</summary>
    public async Task<IReadOnlyDictionary<IpAddress, AddressOwner>> LookupAsync(IEnumerable<IpAddress> addresses, CancellationToken cancel)
    {
        var wanted = addresses.ToHashSet();
        if (_known.Count > MaxEntries)
            _known.Clear();
        foreach (var chunk in wanted.Where(a => !_known.TryGetValue(a, out var known) || IsExpired(known.Timestamp)).Chunk(MaxAddressesPerRequest).ToList())
            await RequestAsync(chunk, cancel);
        var found = new Dictionary<IpAddress, AddressOwner>();
        foreach (var address in wanted)
        {
            if (_known.GetValueOrDefault(address).Owner is { } owner)
                found.Add(address, owner);
        }
        return found;
    }

    private async Task RequestAsync(IpAddress[] chunk, CancellationToken cancel)
    {
        // If a controller does not answer, the agent does not ask it for every batch.
        if (link.ActiveConnection is not { } connection || (_failed is { } failed && !IsExpired(failed)))
        {
            Remove(chunk);
            return;
        }
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        timeout.CancelAfter(Timeout);
        try
        {
            var owners = await connection.Channel.GetOwnersAsync(connection.Token, chunk, timeout.Token);
            var now = time.GetTimestamp();
            foreach (var (address, owner) in chunk.Zip(owners))
                _known[address] = (owner, now);
            _failed = null;
        }
        catch (Exception error) when (error is RpcException or OperationCanceledException or ObjectDisposedException)
        {
            cancel.ThrowIfCancellationRequested();
            Remove(chunk);
            _failed = time.GetTimestamp();
        }
    }

    private void Remove(IpAddress[] addresses)
    {
        foreach (var address in addresses)
            _known.Remove(address);
    }

    private bool IsExpired(long timestamp) => time.GetElapsedTime(timestamp) >= EntryLifetime;
}

/// <summary>
/// Records that wait for one output. A slow output does not delay the others. If its queue is full, records are lost for this output alone, and only this output reports the
/// loss.
/// </summary>
internal sealed class FlowExportQueue(IFlowExporter exporter, FlowMetrics meter)
{
    private const int MaxBatch = 256;

    private readonly FlowRecordQueue _records = new(meter);
    private long _unreported;

    public void Enqueue(FlowBatch batch)
    {
        var refused = batch.Records.Count(r => !_records.TryEnqueue(r));
        meter.CountNotExported(exporter.LossReasonWhenSlow, refused);
        Interlocked.Add(ref _unreported, batch.Lost + refused);
    }

    /// <summary>Ends the queue: no record may be added after this.</summary>
    public void Complete() => _records.Complete();

    /// <summary>Writes until the queue is complete and empty. Does not wait for a blocked write after <paramref name="cancel"/>.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        while (await _records.DequeueAsync(MaxBatch, cancel) is { Count: > 0 } records)
        {
            var batch = new FlowBatch(records, Interlocked.Exchange(ref _unreported, 0));
            Interlocked.Add(ref _unreported, await Task.Run(() => exporter.WriteAsync(batch, cancel), cancel).WaitAsync(cancel));
        }
    }
}

/// <summary>A bounded queue of records. A producer never waits.</summary>
internal sealed class FlowRecordQueue(FlowMetrics meter)
{
    private const int Capacity = 8192;
    private readonly Channel<FlowRecord> _records = Channel.CreateBounded<FlowRecord>(Capacity);

    /// <summary>Adds a record. If the queue is full, the record is lost for every output, and counted.</summary>
    public void Enqueue(FlowRecord record)
    {
        if (!TryEnqueue(record))
            meter.CountLost(FlowLossReason.Queue, 1);
    }

    /// <summary>Adds a record; false if the queue is full.</summary>
    public bool TryEnqueue(FlowRecord record) => _records.Writer.TryWrite(record);

    /// <summary>Ends the queue: no record may be added after this.</summary>
    public void Complete() => _records.Writer.TryComplete();

    /// <summary>Waits for a record, and removes up to <paramref name="max"/> records. The result is empty only after the queue is complete.</summary>
    public async Task<List<FlowRecord>> DequeueAsync(int max, CancellationToken cancel)
    {
        var records = new List<FlowRecord>();
        await _records.Reader.WaitToReadAsync(cancel);
        while (records.Count < max && _records.Reader.TryRead(out var next))
            records.Add(next);
        return records;
    }
}
