using System.Diagnostics.Metrics;
using NetPol.Agent.Counters;
using NetPol.Agent.Dataplane;
using NetPol.Agent.Infrastructure;
using NetPol.Model.Policies;
using NetPol.Nftables;
using NetPol.Rendering;

namespace NetPol.Agent.Metrics;

/// <summary>Measures what <see cref="VerdictCounts"/> reads.</summary>
internal sealed class VerdictMetrics : IDisposable
{
    public const string Name = "NetPol.Agent.Verdicts";

    private readonly VerdictCounts _counts;
    private readonly int _maxSeries;
    private readonly Lock _lock = new();
    private readonly Dictionary<SeriesId, KeyValuePair<string, object?>[]> _labels = [];
    private Meter _meter;

    public VerdictMetrics(VerdictCounts counts, int maxSeries)
    {
        (_counts, _maxSeries) = (counts, maxSeries);
        _meter = Create();
    }

    /// <summary>
    /// OpenTelemetry keeps a place for every series that a meter ever had, and has only so many (<see cref="CardinalityFor"/>): once the meter has had
    /// too many, another takes over.
    /// </summary>
    public void RotateIfFull()
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
    public static int CardinalityFor(int maxSeries) => 4 * (maxSeries + 1);

    public void Dispose() => _meter.Dispose();

    private Meter Create()
    {
        var meter = new Meter(Name);
        meter.CreateObservableCounter(
            "netpol.policy.verdicts", () => Measure(c => c.Packets), "{connection}", "Connections judged: packets that were the first of one");
        meter.CreateObservableCounter("netpol.policy.verdict.bytes", () => Measure(c => c.Bytes), "By", "Bytes of the packets that were judged, the first ones of connections");
        return meter;
    }

    private List<Measurement<long>> Measure(Func<SeriesCount, ulong> number)
    {
        lock (_lock)
            return [.. _counts.Read().Select(c => new Measurement<long>((long)Math.Min(number(c), long.MaxValue), GetLabels(c.Series)))];
    }

    private KeyValuePair<string, object?>[] GetLabels(CounterSeries? series)
    {
        if (series is null)
            return [new("otel.metric.overflow", true)];
        if (!_labels.TryGetValue(series.Id, out var labels))
            _labels.Add(series.Id, labels = [.. SeriesLabels.Create(series)]);
        return labels;
    }
}

/// <summary>Keeps counters and their meter few, from time to time. A failure is told, and tried again.</summary>
internal sealed class CounterGarbageCollector(NftablesDataplane dataplane, VerdictMetrics meter, TimeProvider time, ILogger<CounterGarbageCollector> log) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(RetiredCounters.GracePeriod, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            meter.RotateIfFull();
            try
            {
                dataplane.CollectRetiredCounters();
            }
            catch (NftablesException error)
            {
                Log.CountersNotCollected(log, error.Message);
            }
            catch (Exception error) when (error is not OutOfMemoryException)
            {
                Log.UnexpectedError(log, "to fold counters", error);
            }
        }
    }
}

/// <summary>The labels of a series, as users read them; those that its level does not tell are missing.</summary>
internal static class SeriesLabels
{
    public static IEnumerable<KeyValuePair<string, object?>> Create(CounterSeries series)
    {
        yield return new("direction", series.Direction == Direction.Ingress ? "ingress" : "egress");
        yield return new("verdict", Word(series.Verdict));
        yield return new("tier", series.Tier.ToString());
        if (series.Level >= SeriesLevel.Policy)
        {
            // Not `namespace`: Prometheus puts that of the agent's pod there.
            yield return new("policy_kind", series.Kind);
            yield return new("policy_namespace", series.Namespace);
            yield return new("policy", series.Policy);
        }
        if (series.Level >= SeriesLevel.Rule)
        {
            yield return new("rule", series.Rule);
            yield return new("rule_name", series.RuleName);
        }
    }

    private static string Word(CounterVerdict verdict) => verdict switch
    {
        CounterVerdict.Allow => "allow",
        CounterVerdict.Deny => "deny",
        CounterVerdict.AuditAllow => "audit-allow",
        CounterVerdict.AuditDeny => "audit-deny",
        _ => throw new ArgumentOutOfRangeException(nameof(verdict)),
    };
}
