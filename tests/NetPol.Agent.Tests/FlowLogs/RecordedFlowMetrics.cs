using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using NetPol.Agent.FlowLogs;

namespace NetPol.Agent.Tests.FlowLogs;

/// <summary>A meter of flow records, and what it has counted as lost, by cause.</summary>
internal sealed class RecordedFlowMetrics : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly MeterListener _listener = new();
    private readonly Dictionary<string, long> _lost = new(StringComparer.Ordinal);

    public RecordedFlowMetrics()
    {
        var factory = _services.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name is "netpol.flow.lost" && instrument.Meter.Scope == factory)
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((_, count, tags, _) =>
        {
            var cause = (string)tags[0].Value!;
            lock (_lost)
                _lost[cause] = _lost.GetValueOrDefault(cause) + count;
        });
        _listener.Start();
        Meter = new(factory);
    }

    public FlowMetrics Meter { get; }

    public long Lost(FlowLossReason cause)
    {
        lock (_lost)
            return _lost.GetValueOrDefault(cause.ToString().ToLowerInvariant());
    }

    public void Dispose()
    {
        _listener.Dispose();
        _services.Dispose();
    }
}
