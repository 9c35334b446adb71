using System.Diagnostics.Metrics;
using NetPol.Agent.Counters;
using NetPol.Agent.Dataplane;
using NetPol.Agent.Infrastructure;
using NetPol.Model.Policies;
using NetPol.Nftables;
using NetPol.Rendering;

namespace NetPol.Agent.Metrics;

/// <summary>Exports <see cref="VerdictCounts"/> as metrics.</summary>
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
    /// Replaces the meter if it has had too many series. OpenTelemetry keeps memory for every series that a meter ever had, up to the limit of
    /// <see cref="CardinalityFor"/>.
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

    /// <summary>The cardinality limit of an instrument for this number of separate series.</summary>
    public static int CardinalityFor(int maxSeries) => 4 * (maxSeries + 1);

    public void Dispose() => _meter.Dispose();

    private Meter Create()
    {
        var meter = new Meter(Name);
        meter.CreateObservableCounter(
            "netpol.policy.verdicts", () => Measure(c => c.Packets), "{connection}", "Connections evaluated: first packets of connections");
        meter.CreateObservableCounter("netpol.policy.verdict.bytes", () => Measure(c => c.Bytes), "By", "Bytes of the evaluated packets, the first ones of connections");
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

/// <summary>Folds counters of removed decisions and bounds the meter, at an interval. After an error it logs and tries again.</summary>
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

/// <summary>The labels of a series. Labels below its level are missing.</summary>
internal static class SeriesLabels
{
    public static IEnumerable<KeyValuePair<string, object?>> Create(CounterSeries series)
    {
        yield return new("direction", series.Direction == Direction.Ingress ? "ingress" : "egress");
        yield return new("verdict", GetVerdictLabel(series.Verdict));
        yield return new("tier", series.Tier.ToString());
        if (series.Level >= SeriesLevel.Policy)
        {
            // Not `namespace`: Prometheus sets that label to the namespace of the agent's pod.
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

    private static string GetVerdictLabel(CounterVerdict verdict) => verdict switch
    {
        CounterVerdict.Allow => "allow",
        CounterVerdict.Deny => "deny",
        CounterVerdict.AuditAllow => "audit-allow",
        CounterVerdict.AuditDeny => "audit-deny",
        _ => throw new ArgumentOutOfRangeException(nameof(verdict)),
    };
}
