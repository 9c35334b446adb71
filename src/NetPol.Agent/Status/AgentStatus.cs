using System.Diagnostics.Metrics;
using NetPol.Agent.Infrastructure;
using NetPol.Hosting;
using NetPol.Protocol.RuleSets;

namespace NetPol.Agent.Status;

/// <summary>What this agent can say of itself. Safe for any thread.</summary>
internal sealed class AgentStatus
{
    private const int MaxDelays = 1024;
    private readonly Lock _lock = new();
    private readonly Queue<double> _delays = new();
    private readonly Histogram<double> _delay;
    private readonly Counter<long> _resync;
    private readonly Counter<long> _connects;
    private readonly Counter<long> _cut;
    private readonly Counter<long> _staleConnectionOverflow;
    private readonly TimeProvider _time;
    private ulong? _generation;
    private bool _isConnected;
    private string? _failure;
    private string? _refused;
    private string? _notResynced;
    private long _disconnectedAt;
    private long _updates;
    private long _resyncs;
    private long _cuts;
    private HostNetworkSummary _host = new([], [], "it was not read yet");

    public AgentStatus(IMeterFactory meters, TimeProvider time)
    {
        (_time, _disconnectedAt) = (time, time.GetTimestamp());
        var meter = meters.Create(AgentInstrumentation.MeterName);
        _delay = meter.CreateHistogram(
            "netpol.agent.network.programming.duration", "s", "From the arrival of an event at the controller to its rules in the kernel", null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = HistogramBuckets.Seconds });
        _connects = meter.CreateCounter<long>("netpol.agent.stream.connects", "{connect}", "How often it began to follow a controller");
        _resync = meter.CreateCounter<long>("netpol.agent.resyncs", "{repair}", "How often the table was put right after somebody else had changed it");
        _cut = meter.CreateCounter<long>("netpol.agent.stale.connections.removed", "{connection}", "Established connections that a change of the rules forbade");
        _staleConnectionOverflow = meter.CreateCounter<long>(
            "netpol.agent.stale.connections.overflows", "{overflow}", "How often more connections were cut than are kept cut one by one, so that the kernel dropped all TCP packets from the middle of connections for a while");
        // That something never happened is told from the start: an alert on its increase needs the first step too.
        _connects.Add(0);
        _resync.Add(0);
        _cut.Add(0);
        _staleConnectionOverflow.Add(0);
    }

    /// <summary>What is in force; null before the first rule set of this run.</summary>
    public ulong? Generation
    {
        get
        {
            lock (_lock)
                return _generation;
        }
    }

    /// <summary>Whether it follows a controller.</summary>
    public bool IsConnected
    {
        get
        {
            lock (_lock)
                return _isConnected;
        }
    }

    /// <summary>Why the last update is not in force; null when it is, or when there was none.</summary>
    public string? UpdateError
    {
        get
        {
            lock (_lock)
                return _refused;
        }
    }

    /// <summary>Why the table is not repaired after another program changed it; null when there is nothing to repair.</summary>
    public string? ResyncError
    {
        get
        {
            lock (_lock)
                return _notResynced;
        }
    }

    /// <summary>Why it follows no controller; null while it follows one, and before the first attempt failed.</summary>
    public string? ConnectionError
    {
        get
        {
            lock (_lock)
                return _failure;
        }
    }

    /// <summary>For how long it has followed no controller, counted from the start if it never did; null while it follows one.</summary>
    public TimeSpan? DisconnectedFor
    {
        get
        {
            lock (_lock)
                return _isConnected ? null : _time.GetElapsedTime(_disconnectedAt);
        }
    }

    public void MarkConnected()
    {
        _connects.Add(1);
        lock (_lock)
            (_isConnected, _failure) = (true, null);
    }

    public void MarkDisconnected(string failure)
    {
        lock (_lock)
        {
            if (_isConnected)
                _disconnectedAt = _time.GetTimestamp();
            (_isConnected, _failure) = (false, failure);
        }
    }

    public void MarkUpdateRejected(string failure)
    {
        lock (_lock)
            (_refused, _failure) = (failure, failure);
    }

    public void MarkProgrammed(UpdateHeader head, DateTimeOffset at)
    {
        lock (_lock)
        {
            (_generation, _failure, _refused, _notResynced) = (head.Generation, null, null, null);
            _updates++;
            if (head.CausedAt is not { } caused)
                return;
            var delay = Math.Max(0, (at - caused).TotalSeconds);
            _delay.Record(delay);
            if (_delays.Count == MaxDelays)
                _delays.Dequeue();
            _delays.Enqueue(delay);
        }
    }

    /// <param name="failure">Why the table is still not as it should be; null when it is.</param>
    public void MarkResynced(string? failure)
    {
        lock (_lock)
            _notResynced = failure;
    }

    public void CountResync()
    {
        _resync.Add(1);
        lock (_lock)
            _resyncs++;
    }

    public void CountStaleConnections(int connections)
    {
        _cut.Add(connections);
        lock (_lock)
            _cuts += connections;
    }

    public void CountStaleConnectionOverflow() => _staleConnectionOverflow.Add(1);

    /// <summary>What the node's network is, as far as the last read told; empty lists before the first.</summary>
    public HostNetworkSummary HostNetwork
    {
        get
        {
            lock (_lock)
                return _host;
        }
    }

    public void SetHostNetwork(HostNetworkSummary network)
    {
        lock (_lock)
            _host = network;
    }

    /// <summary>The network cannot be read; what it was stays in force.</summary>
    public void MarkHostNetworkUnreadable(string failure)
    {
        lock (_lock)
            _host = _host with { Error = failure };
    }

    public AgentStatusReport CreateReport()
    {
        lock (_lock)
        {
            var sorted = _delays.Order().ToArray();
            return new(
                _isConnected, _generation, _updates, _resyncs, _cuts, _failure, _host,
                new(sorted.Length, Quantile(sorted, 0.5), Quantile(sorted, 0.99), Quantile(sorted, 1)));
        }
    }

    private static double? Quantile(double[] sorted, double part) =>
        sorted.Length == 0 ? null : sorted[Math.Max(0, (int)Math.Ceiling(part * sorted.Length) - 1)];
}
