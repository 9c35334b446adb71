using System.Diagnostics.Metrics;
using NetPol.Rendering.Counting;

namespace NetPol.Agent.Counting;

/// <summary>Measures what <see cref="VerdictCounts"/> reads.</summary>
internal sealed class VerdictMeter : IDisposable
{
    public const string Name = "NetPol.Agent.Verdicts";

    private readonly VerdictCounts _counts;
    private readonly int _maxSeries;
    private readonly Lock _lock = new();
    private readonly Dictionary<SeriesId, KeyValuePair<string, object?>[]> _labels = [];
    private Meter _meter;

    public VerdictMeter(VerdictCounts counts, int maxSeries)
    {
        (_counts, _maxSeries) = (counts, maxSeries);
        _meter = Create();
    }

    /// <summary>
    /// OpenTelemetry keeps a place for every series that a meter ever had, and has only so many (<see cref="PlacesFor"/>): once the meter has had
    /// too many, another takes over.
    /// </summary>
    public void RenewIfWorn()
    {
        lock (_lock)
        {
            if (_labels.Count <= _maxSeries)
                return;
            _labels.Clear();
        }
        _meter.Dispose();
        _meter = Create();
    }

    /// <summary>The places that an instrument needs when so many series are told apart.</summary>
    public static int PlacesFor(int maxSeries) => 4 * (maxSeries + 1);

    public void Dispose() => _meter.Dispose();

    private Meter Create()
    {
        var meter = new Meter(Name);
        meter.CreateObservableCounter(
            "netpol.verdict.connections", () => Measure(c => c.Packets), "{connection}", "Connections judged: packets that were the first of one");
        meter.CreateObservableCounter("netpol.verdict.bytes", () => Measure(c => c.Bytes), "By", "Bytes of the packets that were judged, the first ones of connections");
        return meter;
    }

    private List<Measurement<long>> Measure(Func<SeriesCount, ulong> number)
    {
        lock (_lock)
            return [.. _counts.Read().Select(c => new Measurement<long>((long)Math.Min(number(c), long.MaxValue), LabelsOf(c.Series)))];
    }

    private KeyValuePair<string, object?>[] LabelsOf(Series? series)
    {
        if (series is null)
            return [new("otel.metric.overflow", true)];
        if (!_labels.TryGetValue(series.Id, out var labels))
            _labels.Add(series.Id, labels = [.. SeriesLabels.Of(series)]);
        return labels;
    }
}
