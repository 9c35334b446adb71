using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using NetPol.Agent.FlowLogs;
using NetPol.Model.RuleSets;
using NetPol.Netlink.PacketLogs;
using NetPol.Protocol.Flows;
using NetPol.Rendering;

namespace NetPol.Lab.Tests;

/// <summary>The flow records of denied connections, read as the agents of a lab's nodes read them.</summary>
internal sealed class LabFlowRecords : IDisposable
{
    private static readonly TimeSpan Window = TimeSpan.FromHours(1);

    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly FakeTimeProvider _time = new();
    private readonly List<LogSocket> _sockets = [];
    private readonly List<FlowCapture> _sources = [];
    private readonly FlowMetrics _meter;

    /// <summary>Binds the log groups of all nodes.</summary>
    public LabFlowRecords(PolicyLab lab, IEnumerable<NodeRuleSet> ruleSets)
    {
        _meter = new(_services.GetRequiredService<IMeterFactory>());
        foreach (var rules in ruleSets)
        {
            // Without batching, a record can be read as soon as the packet got its verdict.
            var socket = lab.Run(rules.Node, () => LogSocket.Bind(Settings.Group, new() { BatchPackets = 1 }));
            _sockets.Add(socket);
            _sources.Add(new(rules.Node, socket, new(() => rules), new(Window, 100_000, _time), _meter));
        }
    }

    /// <summary>Settings that log every denial, without a rate limit that a test could reach.</summary>
    public static FlowLogSettings Settings { get; } = new() { Always = Model.Policies.FlowLogging.Denied, PerSecond = 1_000_000, Burst = 1_000_000 };

    /// <summary>Returns one record for each flow and decision since the last call. Fails when the kernel lost records.</summary>
    public IReadOnlyList<FlowRecord> Take()
    {
        List<FlowRecord> records = [];
        foreach (var source in _sources)
        {
            while (source.Receive(TimeSpan.Zero))
            {
            }
        }
        _time.Advance(Window);
        foreach (var source in _sources)
            records.AddRange(source.TakeExpired());
        Assert.AreEqual(0, _meter.TakeUnreported(), "packets are in no record");
        return records;
    }

    public void Dispose()
    {
        _sockets.ForEach(s => s.Dispose());
        _services.Dispose();
    }
}
