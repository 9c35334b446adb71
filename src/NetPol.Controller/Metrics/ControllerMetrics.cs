using System.Diagnostics.Metrics;
using NetPol.Hosting;

namespace NetPol.Controller.Metrics;

/// <summary>The counters and histograms of the controller. Safe for any thread.</summary>
internal sealed class ControllerMetrics
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

    public ControllerMetrics(IMeterFactory meters)
    {
        var meter = meters.Create(MeterName);
        _compiling = meter.CreateHistogram(
            "netpol.controller.compile.duration", "s", "Time that a batch of changes takes, by phase", null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = HistogramBuckets.Seconds });
        _updates = meter.CreateCounter<long>("netpol.controller.stream.updates", "{update}", "Updates sent to agents, by kind: snapshot or difference");
        _bytes = meter.CreateCounter<long>("netpol.controller.stream.bytes", "By", "Bytes of those, before TLS");
        _writes = meter.CreateCounter<long>("netpol.controller.status.writes", "{write}", "Writes to the API server, by kind: conditions, event or report");
        _failures = meter.CreateCounter<long>("netpol.controller.informer.failures", "{failure}", "Lists and watches that failed and were tried again, by kind");
        // Series exist from the start, with 0.
        foreach (var kind in (string[])[Snapshot, Difference])
        {
            _updates.Add(0, Label("kind", kind));
            _bytes.Add(0, Label("kind", kind));
        }
        foreach (var kind in (string[])["conditions", "event", "report"])
            CountWrite(kind, 0);
    }

    public void RecordCompilation(string phase, TimeSpan took) => _compiling.Record(took.TotalSeconds, Label("phase", phase));

    public void CountUpdate(bool isSnapshot, long bytes)
    {
        var kind = Label("kind", isSnapshot ? Snapshot : Difference);
        _updates.Add(1, kind);
        _bytes.Add(bytes, kind);
    }

    public void CountWrite(string kind, int writes = 1) => _writes.Add(writes, Label("kind", kind));

    public void CountWatchFailure(string kind, int times = 1) => _failures.Add(times, Label("kind", kind));

    private static KeyValuePair<string, object?> Label(string name, string value) => new(name, value);
}

/// <summary>The metrics of unauthenticated callers. Safe for any thread.</summary>
internal sealed class AccessMetrics
{
    private readonly Meter _meter;
    private readonly Counter<long> _connections;
    private readonly Counter<long> _requests;
    private readonly Counter<long> _reviews;
    private readonly Counter<long> _tokens;

    public AccessMetrics(IMeterFactory meters)
    {
        _meter = meters.Create(ControllerMetrics.MeterName);
        _connections = _meter.CreateCounter<long>("netpol.controller.access.connections.refused", "{connection}", "Connections refused or closed before their callers proved who they are, by reason");
        _requests = _meter.CreateCounter<long>("netpol.controller.access.requests.refused", "{request}", "Requests refused before their bodies were read, by status");
        _reviews = _meter.CreateCounter<long>("netpol.controller.token.reviews", "{review}", "Tokens that the API server was asked about");
        _tokens = _meter.CreateCounter<long>("netpol.controller.tokens.refused", "{token}", "Tokens refused without a question to the API server");
        // Series exist from the start, with 0.
        foreach (var reason in Enum.GetValues<ConnectionRefusalReason>())
            _connections.Add(0, Label(reason));
        _reviews.Add(0);
        _tokens.Add(0);
    }

    public void CountRefused(ConnectionRefusalReason reason) => _connections.Add(1, Label(reason));

    public void CountRefused(string status) => _requests.Add(1, new KeyValuePair<string, object?>("status", status));

    public void CountReview() => _reviews.Add(1);

    public void CountRefusedToken() => _tokens.Add(1);

    /// <summary>Adds the gauges.</summary>
    /// <param name="connections">Open connections, authenticated and unauthenticated.</param>
    /// <param name="waiting">Questions about tokens that wait for their turn.</param>
    public void Observe(Func<(int Authenticated, int Unauthenticated)> connections, Func<int> waiting)
    {
        _meter.CreateObservableGauge(
            "netpol.controller.access.connections",
            () =>
            {
                var (authenticated, unauthenticated) = connections();
                return (Measurement<int>[])[new(authenticated, State("proven")), new(unauthenticated, State("unproven"))];
            },
            "{connection}", "Open connections by whether their callers have proved who they are");
        _meter.CreateObservableGauge("netpol.controller.token.reviews.waiting", waiting, "{review}", "Questions about tokens that wait for their turn");
    }

    private static KeyValuePair<string, object?> State(string state) => new("state", state);

    private static KeyValuePair<string, object?> Label(ConnectionRefusalReason reason) => new("reason", reason.ToString().ToLowerInvariant());
}
