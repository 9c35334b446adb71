using System.Diagnostics.Metrics;
using NetPol.Hosting;

namespace NetPol.Controller.Metrics;

/// <summary>Measures what the controller does, when it does it. Safe for any thread.</summary>
internal sealed class WorkMeter
{
    /// <summary>The meter of all metrics of the controller.</summary>
    public const string MeterName = "NetPol.Controller";

    private const string Snapshot = "snapshot";
    private const string Difference = "difference";

    private readonly Histogram<double> _compiling;
    private readonly Counter<long> _updates;
    private readonly Counter<long> _bytes;
    private readonly Counter<long> _writes;
    private readonly Counter<long> _failures;

    public WorkMeter(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _compiling = meter.CreateHistogram(
            "netpol.controller.compile.duration", "s", "Time that a batch of changes takes, by phase", null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = Durations.Seconds });
        _updates = meter.CreateCounter<long>("netpol.controller.stream.updates", "{update}", "Updates sent to agents, by kind: snapshot or difference");
        _bytes = meter.CreateCounter<long>("netpol.controller.stream.bytes", "By", "Bytes of those, before TLS");
        _writes = meter.CreateCounter<long>("netpol.controller.status.writes", "{write}", "Writes to the API server, by kind: conditions, event or report");
        _failures = meter.CreateCounter<long>("netpol.controller.informer.failures", "{failure}", "Lists and watches that failed and were tried again, by kind");
        // That something never happened is told from the start.
        foreach (var kind in (string[])[Snapshot, Difference])
        {
            _updates.Add(0, Label("kind", kind));
            _bytes.Add(0, Label("kind", kind));
        }
        foreach (var kind in (string[])["conditions", "event", "report"])
            Written(kind, 0);
    }

    public void Compiled(string phase, TimeSpan took) => _compiling.Record(took.TotalSeconds, Label("phase", phase));

    public void Sent(bool isSnapshot, long bytes)
    {
        var kind = Label("kind", isSnapshot ? Snapshot : Difference);
        _updates.Add(1, kind);
        _bytes.Add(bytes, kind);
    }

    public void Written(string kind, int writes = 1) => _writes.Add(writes, Label("kind", kind));

    public void WatchFailed(string kind, int times = 1) => _failures.Add(times, Label("kind", kind));

    private static KeyValuePair<string, object?> Label(string name, string value) => new(name, value);
}
