using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using NetPol.Agent.FlowLogs;
using NetPol.Lab;
using NetPol.Model.RuleSets;
using NetPol.Netlink.PacketLogs;
using NetPol.Nftables.Kernel;
using NetPol.Protocol.Flows;
using NetPol.Rendering;

namespace NetPol.Benchmarks.FlowRecords;

/// <summary>The agent's way from the kernel's log to JSON lines, on a thread of its own as there; the lines go nowhere.</summary>
internal sealed class FlowRecorder : IDisposable
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Turn = TimeSpan.FromMilliseconds(500);

    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly CancellationTokenSource _stop = new();
    private readonly LogSocket _socket;
    private readonly KernelTableView _table;
    private readonly FlowCapture _source;
    private readonly FlowMetrics _meter;
    private readonly Thread _thread;

    public FlowRecorder(LabNode node, NodeRuleSet rules)
    {
        _meter = new(_services.GetRequiredService<IMeterFactory>());
        _socket = node.Run(() => LogSocket.Bind(FlowLogSettings.Default.Group, new()));
        _table = node.Run(() => KernelTableView.Open(Renderer.TableName));
        _source = new(rules.Node, _socket, new(() => rules), new(Window, 8192, TimeProvider.System), _meter);
        _thread = new(Run);
        _thread.Start();
    }

    /// <summary>Packets in records.</summary>
    public long Recorded { get; private set; }

    public long Records { get; private set; }

    /// <summary>What the agent admits to have lost.</summary>
    public long Lost { get; private set; }

    /// <summary>Packets that the kernel counted as beyond the rate.</summary>
    public long Unlogged => (long)(_table.Counter(Renderer.UnloggedCounter)?.Packets ?? 0);

    /// <summary>Waits until the last packets are in records.</summary>
    public void Stop()
    {
        Thread.Sleep(Window + Turn + Turn);
        _stop.Cancel();
        _thread.Join();
        Lost = _meter.TakeUnreported();
    }

    public void Dispose()
    {
        _stop.Cancel();
        _thread.Join();
        _socket.Dispose();
        _table.Dispose();
        _stop.Dispose();
        _services.Dispose();
    }

    private void Run()
    {
        while (!_stop.IsCancellationRequested)
        {
            _source.Receive(Turn);
            foreach (var record in _source.TakeExpired())
            {
                FlowJson.WriteLine(Stream.Null, record, 0);
                Records++;
                Recorded += record.Count;
            }
        }
    }
}
