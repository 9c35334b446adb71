using NetPol.Agent.Counters;
using NetPol.Agent.Dataplane;
using NetPol.Model.RuleSets;
using NetPol.Nftables;
using NetPol.Rendering;

namespace NetPol.Agent.Metrics;

/// <summary>
/// What was counted for each series that a decision in force counts for, and for every tier. A bounded number of series is told apart, those
/// first that were there first; what is counted for others is one more. Safe for any thread.
/// </summary>
internal sealed class VerdictCounts(NftablesDataplane dataplane, CounterReader reader, SeriesLevel level, int maxSeries)
{
    private readonly Lock _lock = new();
    private readonly HashSet<SeriesId> _told = [];

    /// <summary>What of each series is told by now, alone or among the others. It is kept as long as the table holds the count: a series that comes back has it still.</summary>
    private readonly Dictionary<SeriesId, (ulong Packets, ulong Bytes)> _seen = [];

    private (ulong Packets, ulong Bytes) _others;
    private NodeRuleSet? _rules;
    private IReadOnlyList<CounterSeries> _series = level == SeriesLevel.Tier ? CounterSeries.OfTiers : [];
    private IReadOnlyList<CounterValue>? _counters;
    private IReadOnlyList<SeriesCount> _counts = [];

    /// <summary>The counts of one moment; the same list while nothing was read anew.</summary>
    public IReadOnlyList<SeriesCount> Read()
    {
        lock (_lock)
        {
            var (rules, counters) = (dataplane.ProgrammedRules, reader.Read());
            if (ReferenceEquals(rules, _rules) && ReferenceEquals(counters, _counters))
                return _counts;
            var totals = SeriesTotals.Sum(counters, level);
            if (!ReferenceEquals(rules, _rules))
                Follow(rules!, totals);
            _counters = counters;
            return _counts = Count(totals);
        }
    }

    private void Follow(NodeRuleSet rules, IReadOnlyDictionary<SeriesId, (ulong Packets, ulong Bytes)> totals)
    {
        var isFirst = _rules is null;
        _rules = rules;
        if (level == SeriesLevel.Tier)
            return;
        _series = [.. rules.Decisions.SelectMany(d => CounterSeries.Create(d, level)).DistinctBy(s => s.Id).OrderBy(s => s.Id)];
        var alive = _series.Select(s => s.Id).ToHashSet();
        _told.IntersectWith(alive);
        if (!isFirst)
            return;
        // What is counted for series that are gone, an agent before this one has told.
        foreach (var (series, total) in totals.Where(t => !alive.Contains(t.Key)))
            _seen.Add(series, total);
    }

    private List<SeriesCount> Count(IReadOnlyDictionary<SeriesId, (ulong Packets, ulong Bytes)> totals)
    {
        var counts = new List<SeriesCount>();
        foreach (var series in _series)
        {
            var total = totals.GetValueOrDefault(series.Id);
            if (_told.Contains(series.Id) || (_told.Count < maxSeries && _told.Add(series.Id)))
                counts.Add(new(series, total.Packets, total.Bytes));
            else
                AddToOthers(series.Id, total);
            _seen[series.Id] = total;
        }
        if (_others != default || _series.Count > _told.Count)
            counts.Add(new(null, _others.Packets, _others.Bytes));
        foreach (var gone in _seen.Keys.Where(id => !totals.ContainsKey(id)).ToList())
            _seen.Remove(gone);
        return counts;
    }

    /// <summary>Only what is new is added: which series are among the others changes, and their sum must not fall.</summary>
    private void AddToOthers(SeriesId series, (ulong Packets, ulong Bytes) total)
    {
        var seen = _seen.GetValueOrDefault(series);
        if (total.Packets >= seen.Packets && total.Bytes >= seen.Bytes)
            _others = (_others.Packets + total.Packets - seen.Packets, _others.Bytes + total.Bytes - seen.Bytes);
    }
}

/// <summary>What was counted for a series; for null, for those that are too many to be told apart.</summary>
internal readonly record struct SeriesCount(CounterSeries? Series, ulong Packets, ulong Bytes);
