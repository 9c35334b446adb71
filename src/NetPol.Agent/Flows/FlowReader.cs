using NetPol.Agent.Enforcing;
using NetPol.Hosting;
using NetPol.Netlink;
using NetPol.Netlink.PacketLogs;
using NetPol.Nftables.Kernel;
using NetPol.Rendering;

namespace NetPol.Agent.Flows;

/// <summary>Reads the kernel's log on a thread of its own. Where it cannot, that is told once and tried again; nothing else waits for it.</summary>
internal sealed class FlowReader(AgentOptions options, Enforcer enforcer, FlowQueue queue, FlowMeter meter, TimeProvider time, ILogger<FlowReader> log) : BackgroundService
{
    private const int OpenFlows = 8192;
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(500);

    private readonly ushort _group = options.CreateFlowLogSettings().Group;
    private readonly FlowMerger _merger = new(Window, OpenFlows, time);
    private readonly Backoff _backoff = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10));
    private readonly CounterGrowth _unlogged = new();
    private readonly OneTrouble _trouble = new();

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
                if (_trouble.Is(error.Message))
                    Log.NoFlows(log, _group, error.Message);
                cancel.WaitHandle.WaitOne(_backoff.Next());
            }
            catch (Exception error) when (error is not OutOfMemoryException)
            {
                // A packet that cannot be read costs records, never the enforcement.
                if (_trouble.Is(error.Message))
                    Log.Unexpected(log, "to read the kernel's log", error);
                cancel.WaitHandle.WaitOne(_backoff.Next());
            }
        }
        queue.Complete();
    }

    private void Read(CancellationToken cancel)
    {
        using var packets = LogSocket.Bind(_group, new());
        using var table = KernelTableView.Open(Renderer.TableName);
        var source = new FlowSource(options.Node, packets, new(() => enforcer.Rules), _merger, meter);
        _trouble.IsOver();
        _backoff.Reset();
        var counted = time.GetTimestamp();
        while (!cancel.IsCancellationRequested)
        {
            source.Receive(Turn);
            foreach (var record in source.TakeDue())
                queue.Put(record);
            if (time.GetElapsedTime(counted) < Turn)
                continue;
            meter.Lost(FlowLoss.Rate, _unlogged.To(table.Counter(Renderer.UnloggedCounter)?.Packets));
            counted = time.GetTimestamp();
        }
        foreach (var record in source.TakeAll())
            queue.Put(record);
    }
}
