using System.Diagnostics.Metrics;
using NetPol.Agent.Infrastructure;
using NetPol.Hosting;
using NetPol.Protocol.RuleSets;

namespace NetPol.Agent.Status;

/// <summary>The agent's connection, updates, resyncs and errors. Safe for any thread.</summary>
internal sealed class AgentStatus
{
    private const int MaxDelays = 1024;
    private readonly Lock _lock = new();
    private readonly Queue<double> _delays = new();
    private readonly Histogram<double> _delay;
    private readonly Counter<long> _resync;
    private readonly Counter<long> _connects;
    private readonly Counter<long> _staleConnectionsRemoved;
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
    private long _removedConnections;
    private HostNetworkSummary _host = new([], [], "not read yet");

    public AgentStatus(IMeterFactory meters, TimeProvider time)
    {
        (_time, _disconnectedAt) = (time, time.GetTimestamp());
        var meter = meters.Create(AgentInstrumentation.MeterName);
        _delay = meter.CreateHistogram(
            "netpol.agent.network.programming.duration", "s", "From the arrival of an event at the controller to its rules in the kernel", null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = HistogramBuckets.Seconds });
        _connects = meter.CreateCounter<long>("netpol.agent.stream.connects", "{connect}", "How often the agent connected to a controller");
        _resync = meter.CreateCounter<long>("netpol.agent.resyncs", "{repair}", "How often the agent restored the table after another program changed it");
        _staleConnectionsRemoved = meter.CreateCounter<long>("netpol.agent.stale.connections.removed", "{connection}", "Established connections removed because the rules forbid them now");
        _staleConnectionOverflow = meter.CreateCounter<long>(
            "netpol.agent.stale.connections.overflows", "{overflow}", "How often more connections were removed than the sets of stale flows hold, so that the kernel dropped every TCP packet that neither began nor belonged to a tracked connection for a while");
        // Zero is exported from the start: an alert on an increase needs the first step too.
        _connects.Add(0);
        _resync.Add(0);
        _staleConnectionsRemoved.Add(0);
        _staleConnectionOverflow.Add(0);
    }

    /// <summary>The programmed generation; null before the first rule set of this run.</summary>
    public ulong? Generation
    {
        get
        {
            lock (_lock)
                return _generation;
        }
    }

    /// <summary>Whether the agent is connected to a controller.</summary>
    public bool IsConnected
    {
        get
        {
            lock (_lock)
                return _isConnected;
        }
    }

    /// <summary>Why the last update is not programmed; null if it is, or if there was none.</summary>
    public string? UpdateError
    {
        get
        {
            lock (_lock)
                return _refused;
        }
    }

    /// <summary>Why the agent could not restore the table after another program changed it; null if it is as wanted.</summary>
    public string? ResyncError
    {
        get
        {
            lock (_lock)
                return _notResynced;
        }
    }

    /// <summary>Why the agent is not connected; null while it is, and before the first attempt failed.</summary>
    public string? ConnectionError
    {
        get
        {
            lock (_lock)
                return _failure;
        }
    }

    /// <summary>The time since the last connection, or since the start if there was none; null while the agent is connected.</summary>
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

    /// <param name="failure">Why the table is not as wanted; null if it is.</param>
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
        _staleConnectionsRemoved.Add(connections);
        lock (_lock)
            _removedConnections += connections;
    }

    public void CountStaleConnectionOverflow() => _staleConnectionOverflow.Add(1);

    /// <summary>The node's network from the last successful read; empty lists before the first.</summary>
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

    /// <summary>Sets the error; the lists stay those of the last successful read.</summary>
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
                _isConnected, _generation, _updates, _resyncs, _removedConnections, _failure, _host,
                new(sorted.Length, Quantile(sorted, 0.5), Quantile(sorted, 0.99), Quantile(sorted, 1)));
        }
    }

    private static double? Quantile(double[] sorted, double part) =>
        sorted.Length == 0 ? null : sorted[Math.Max(0, (int)Math.Ceiling(part * sorted.Length) - 1)];
}
