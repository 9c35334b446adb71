using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using NetPol.Agent.Flows;

namespace NetPol.Agent.Tests.Flows;

/// <summary>A meter of flow records, and what it has counted as lost, by cause.</summary>
internal sealed class FlowMeters : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly MeterListener _listener = new();
    private readonly Dictionary<string, long> _lost = new(StringComparer.Ordinal);

    public FlowMeters()
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

    public FlowMeter Meter { get; }

    public long Lost(FlowLoss cause)
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
