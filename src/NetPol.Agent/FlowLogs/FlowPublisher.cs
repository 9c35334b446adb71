using System.Threading.Channels;
using Grpc.Core;
using NetPol.Agent.Sync;
using NetPol.Model.Net;
using NetPol.Protocol.Flows;

namespace NetPol.Agent.FlowLogs;

/// <summary>Gives records names and hands them to every output.</summary>
internal sealed class FlowPublisher(FlowRecordQueue queue, IpCacheClient names, IEnumerable<IFlowExporter> exporters, FlowMetrics meter, TimeProvider time) : BackgroundService
{
    /// <summary>How long records are still written when the agent stops.</summary>
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

/// <summary>Who has which address, as the controller says; remembered for a few seconds. Without a controller nobody has a name. One call at a time.</summary>
internal sealed class IpCacheClient(ActiveController link, TimeProvider time)
{
    private const int MostInOneQuestion = 256;
    private const int MostRemembered = 8192;
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Remembered = TimeSpan.FromSeconds(10);

    private readonly Dictionary<IpAddress, (AddressOwner? Owner, long Timestamp)> _known = [];
    private long? _failed;

    /// <summary>Those that have a known owner.</summary>
    public async Task<IReadOnlyDictionary<IpAddress, AddressOwner>> LookupAsync(IEnumerable<IpAddress> addresses, CancellationToken cancel)
    {
        var wanted = addresses.ToHashSet();
        if (_known.Count > MostRemembered)
            _known.Clear();
        foreach (var question in wanted.Where(a => !_known.TryGetValue(a, out var known) || IsOver(known.Timestamp)).Chunk(MostInOneQuestion).ToList())
            await AskAsync(question, cancel);
        var found = new Dictionary<IpAddress, AddressOwner>();
        foreach (var address in wanted)
        {
            if (_known.GetValueOrDefault(address).Owner is { } owner)
                found.Add(address, owner);
        }
        return found;
    }

    private async Task AskAsync(IpAddress[] question, CancellationToken cancel)
    {
        // A controller that does not answer is not asked for every batch.
        if (link.ActiveConnection is not { } connection || (_failed is { } failed && !IsOver(failed)))
        {
            Forget(question);
            return;
        }
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        timeout.CancelAfter(Timeout);
        try
        {
            var owners = await connection.Channel.GetOwnersAsync(connection.Token, question, timeout.Token);
            var now = time.GetTimestamp();
            foreach (var (address, owner) in question.Zip(owners))
                _known[address] = (owner, now);
            _failed = null;
        }
        catch (Exception error) when (error is RpcException or OperationCanceledException or ObjectDisposedException)
        {
            cancel.ThrowIfCancellationRequested();
            Forget(question);
            _failed = time.GetTimestamp();
        }
    }

    private void Forget(IpAddress[] addresses)
    {
        foreach (var address in addresses)
            _known.Remove(address);
    }

    private bool IsOver(long timestamp) => time.GetElapsedTime(timestamp) >= Remembered;
}

/// <summary>
/// Records on their way to one output. No other waits for it, however slow it is; what finds no room is lost for it alone, and told to it
/// alone.
/// </summary>
internal sealed class FlowExportQueue(IFlowExporter exporter, FlowMetrics meter)
{
    private const int Most = 256;

    private readonly FlowRecordQueue _records = new(meter);
    private long _unreported;

    public void Enqueue(FlowBatch batch)
    {
        var refused = batch.Records.Count(r => !_records.TryEnqueue(r));
        meter.CountNotExported(exporter.LossReasonWhenSlow, refused);
        Interlocked.Add(ref _unreported, batch.Lost + refused);
    }

    /// <summary>No more records come.</summary>
    public void Complete() => _records.Complete();

    /// <summary>Writes until no more come. A write that hangs is left behind when <paramref name="cancel"/> says so.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        while (await _records.DequeueAsync(Most, cancel) is { Count: > 0 } records)
        {
            var batch = new FlowBatch(records, Interlocked.Exchange(ref _unreported, 0));
            Interlocked.Add(ref _unreported, await Task.Run(() => exporter.WriteAsync(batch, cancel), cancel).WaitAsync(cancel));
        }
    }
}

/// <summary>Records on their way to what is slower than where they come from. Bounded; nobody waits for room.</summary>
internal sealed class FlowRecordQueue(FlowMetrics meter)
{
    private const int Capacity = 8192;
    private readonly Channel<FlowRecord> _records = Channel.CreateBounded<FlowRecord>(Capacity);

    /// <summary>When it is full, the record is lost for every output, and counted.</summary>
    public void Enqueue(FlowRecord record)
    {
        if (!TryEnqueue(record))
            meter.CountLost(FlowLossReason.Queue, 1);
    }

    /// <summary>False when it is full.</summary>
    public bool TryEnqueue(FlowRecord record) => _records.Writer.TryWrite(record);

    /// <summary>No more records come.</summary>
    public void Complete() => _records.Writer.TryComplete();

    /// <summary>Waits for a record, and takes those that are there: at most <paramref name="most"/>; none when no more come.</summary>
    public async Task<List<FlowRecord>> DequeueAsync(int most, CancellationToken cancel)
    {
        var taken = new List<FlowRecord>();
        await _records.Reader.WaitToReadAsync(cancel);
        while (taken.Count < most && _records.Reader.TryRead(out var next))
            taken.Add(next);
        return taken;
    }
}
