using NetPol.Agent.Counters;
using NetPol.Agent.Dataplane;
using NetPol.Model.RuleSets;
using NetPol.Nftables;
using NetPol.Rendering;

namespace NetPol.Agent.Metrics;

/// <summary>
/// The counts of each series that a programmed decision counts for, and of every tier. A bounded number of series has its own count; the first series get it first. One more
/// count is the sum of the others. Safe for any thread.
/// </summary>
internal sealed class VerdictCounts(NftablesDataplane dataplane, CounterReader reader, SeriesLevel level, int maxSeries)
{
    private readonly Lock _lock = new();
    private readonly HashSet<SeriesId> _separate = [];

    /// <summary>The part of each series' count that was exported, separately or in the sum of the others. It is kept as long as the table has the count, for a series that returns.</summary>
    private readonly Dictionary<SeriesId, (ulong Packets, ulong Bytes)> _exported = [];

    private (ulong Packets, ulong Bytes) _others;
    private NodeRuleSet? _rules;
    private IReadOnlyList<CounterSeries> _series = level == SeriesLevel.Tier ? CounterSeries.OfTiers : [];
    private IReadOnlyList<CounterValue>? _counters;
    private IReadOnlyList<SeriesCount> _counts = [];

    /// <summary>The counts of one moment. The result is the same list until rules or counters are read again.</summary>
    public IReadOnlyList<SeriesCount> Read()
    {
        lock (_lock)
        {
            var (rules, counters) = (dataplane.ProgrammedRules, reader.Read());
            if (ReferenceEquals(rules, _rules) && ReferenceEquals(counters, _counters))
                return _counts;
            var totals = SeriesTotals.Sum(counters, level);
            if (!ReferenceEquals(rules, _rules))
                UpdateSeries(rules!, totals);
            _counters = counters;
            return _counts = Count(totals);
        }
    }

    private void UpdateSeries(NodeRuleSet rules, IReadOnlyDictionary<SeriesId, (ulong Packets, ulong Bytes)> totals)
    {
        var isFirst = _rules is null;
        _rules = rules;
        if (level == SeriesLevel.Tier)
            return;
        _series = [.. rules.Decisions.SelectMany(d => CounterSeries.Create(d, level)).DistinctBy(s => s.Id).OrderBy(s => s.Id)];
        var current = _series.Select(s => s.Id).ToHashSet();
        _separate.IntersectWith(current);
        if (!isFirst)
            return;
        // The agent before this one exported the counts of removed series.
        foreach (var (series, total) in totals.Where(t => !current.Contains(t.Key)))
            _exported.Add(series, total);
    }

    private List<SeriesCount> Count(IReadOnlyDictionary<SeriesId, (ulong Packets, ulong Bytes)> totals)
    {
        var counts = new List<SeriesCount>();
        foreach (var series in _series)
        {
            var total = totals.GetValueOrDefault(series.Id);
            if (_separate.Contains(series.Id) || (_separate.Count < maxSeries && _separate.Add(series.Id)))
                counts.Add(new(series, total.Packets, total.Bytes));
            else
                AddToOthers(series.Id, total);
            _exported[series.Id] = total;
        }
        if (_others != default || _series.Count > _separate.Count)
            counts.Add(new(null, _others.Packets, _others.Bytes));
        foreach (var deleted in _exported.Keys.Where(id => !totals.ContainsKey(id)).ToList())
            _exported.Remove(deleted);
        return counts;
    }

    /// <summary>Adds only the increase: the set of other series changes, and their sum must not fall.</summary>
    private void AddToOthers(SeriesId series, (ulong Packets, ulong Bytes) total)
    {
        var exported = _exported.GetValueOrDefault(series);
        if (total.Packets >= exported.Packets && total.Bytes >= exported.Bytes)
            _others = (_others.Packets + total.Packets - exported.Packets, _others.Bytes + total.Bytes - exported.Bytes);
    }
}

/// <summary>The count of a series; if <paramref name="Series"/> is null, the sum of the series without their own count.</summary>
internal readonly record struct SeriesCount(CounterSeries? Series, ulong Packets, ulong Bytes);
