using NetPol.Agent.Dataplane;
using NetPol.Agent.Infrastructure;
using NetPol.Hosting;
using NetPol.Model.Net;
using NetPol.Model.RuleSets;
using NetPol.Netlink;
using NetPol.Netlink.PacketLogs;
using NetPol.Nftables.Kernel;
using NetPol.Protocol.Flows;
using NetPol.Rendering;

namespace NetPol.Agent.FlowLogs;

/// <summary>The increase of a kernel counter between two reads. The first read gives 0. The counter starts again at 0 with a new table.</summary>
internal sealed class CounterIncrease
{
    private ulong? _last;

    /// <param name="packets">Null if there is no such counter.</param>
    public long Next(ulong? packets)
    {
        var now = packets ?? 0;
        var grown = _last is { } last ? now - (now < last ? 0 : last) : 0;
        _last = now;
        return (long)grown;
    }
}

/// <summary>Reads the kernel's log on its own thread. After an error it logs once and tries again. No other service waits for it.</summary>
internal sealed class FlowLogReader(AgentOptions options, NftablesDataplane dataplane, FlowRecordQueue queue, FlowMetrics meter, TimeProvider time, ILogger<FlowLogReader> log) : BackgroundService
{
    private const int MaxOpenFlows = 8192;
    private static readonly TimeSpan AggregationWindow = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ReadInterval = TimeSpan.FromMilliseconds(500);

    private readonly ushort _group = options.CreateFlowLogSettings().Group;
    private readonly FlowAggregator _aggregator = new(AggregationWindow, MaxOpenFlows, time);
    private readonly Backoff _backoff = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10));
    private readonly CounterIncrease _unlogged = new();
    private readonly ErrorLogThrottle _failure = new();

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.Factory.StartNew(() => Run(stoppingToken), stoppingToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private void Run(CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                Read(cancel);
            }
            catch (Exception error) when (error is NetlinkException or NetlinkFormatException)
            {
                if (_failure.IsNew(error.Message))
                    Log.FlowLogUnreadable(log, _group, error.Message);
                cancel.WaitHandle.WaitOne(_backoff.Next());
            }
            catch (Exception error) when (error is not OutOfMemoryException)
            {
                // An unreadable packet loses records. Enforcement continues.
                if (_failure.IsNew(error.Message))
                    Log.UnexpectedError(log, "to read the kernel's log", error);
                cancel.WaitHandle.WaitOne(_backoff.Next());
            }
        }
        queue.Complete();
    }

    private void Read(CancellationToken cancel)
    {
        using var packets = LogSocket.Bind(_group, new());
        using var table = KernelTableView.Open(Renderer.TableName);
        var source = new FlowCapture(options.Node, packets, new(() => dataplane.ProgrammedRules), _aggregator, meter);
        _failure.Clear();
        _backoff.Reset();
        var counted = time.GetTimestamp();
        while (!cancel.IsCancellationRequested)
        {
            source.Receive(ReadInterval);
            foreach (var record in source.TakeExpired())
                queue.Enqueue(record);
            if (time.GetElapsedTime(counted) < ReadInterval)
                continue;
            meter.CountLost(FlowLossReason.Rate, _unlogged.Next(table.Counter(Renderer.UnloggedCounter)?.Packets));
            counted = time.GetTimestamp();
        }
        foreach (var record in source.TakeAll())
            queue.Enqueue(record);
    }
}

/// <summary>Makes flow records from the packets that the kernel logs. Not for use by two threads at once.</summary>
internal sealed class FlowCapture(string node, LogSocket log, DecisionLookup decisions, FlowAggregator aggregator, FlowMetrics meter)
{
    private long _lost;

    /// <summary>Waits for packets and counts those of one message batch; false if none arrived.</summary>
    public bool Receive(TimeSpan timeout)
    {
        var isReceived = TryReceive(timeout);
        meter.CountLost(FlowLossReason.Socket, log.LostPackets - _lost);
        _lost = log.LostPackets;
        return isReceived;
    }

    /// <summary>The records of closed flows: one for the decision, and one more if audited policies would have decided differently.</summary>
    public IEnumerable<FlowRecord> TakeExpired() => Records(aggregator.TakeExpired());

    /// <summary>The records of all open flows. Call this when no more packets are read.</summary>
    public IEnumerable<FlowRecord> TakeAll() => Records(aggregator.TakeAll());

    private bool TryReceive(TimeSpan timeout)
    {
        try
        {
            return log.Receive(timeout, Add);
        }
        catch (NetlinkFormatException)
        {
            // The next call continues behind this message.
            meter.CountLost(FlowLossReason.Packet, 1);
            return true;
        }
    }

    private IEnumerable<FlowRecord> Records(IEnumerable<OpenFlow> flows)
    {
        foreach (var flow in flows)
        {
            yield return Record(flow, flow.Decision.Plain, isAudited: false);
            if (flow.Decision.Audit is { } audit)
                yield return Record(flow, audit, isAudited: true);
        }
    }

    private void Add(in LoggedPacket packet)
    {
        meter.CountPacket();
        if (PacketHeaders.Read(packet.Payload) is not { } head)
            meter.CountLost(FlowLossReason.Packet, 1);
        else if (FindDecision(packet.Prefix) is not { } decision)
            meter.CountLost(FlowLossReason.Decision, 1);
        else if (!aggregator.Add(Key(decision, head), decision, head.Ports?.Source))
            meter.CountLost(FlowLossReason.Memory, 1);
    }

    private Decision? FindDecision(string prefix) => ObjectNames.DecisionOf(prefix) is { } id ? decisions.Find(id) : null;

    private static FlowKey Key(Decision decision, PacketHeaders head) => new(
        decision.Id, IpAddress.FromBytes(head.Source.GetAddressBytes()), IpAddress.FromBytes(head.Destination.GetAddressBytes()),
        head.Protocol, head.Ports?.Destination, head.Icmp?.Type);

    private FlowRecord Record(OpenFlow flow, Decision decision, bool isAudited)
    {
        meter.CountRecord();
        return new()
        {
            FirstPacketAt = flow.FirstAt,
            LastPacketAt = flow.LastAt,
            Node = node,
            Decision = decision,
            IsAudited = isAudited,
            Source = new(flow.Key.Source, flow.SourcePort),
            Destination = new(flow.Key.Destination, flow.Key.Port),
            Protocol = flow.Key.Protocol,
            IcmpType = flow.Key.IcmpType,
            Count = flow.Count,
        };
    }
}
