using NetPol.Model.RuleSets;
using NetPol.Nftables;
using NetPol.Rendering;

namespace NetPol.Agent.Counters;

/// <summary>
/// Knows which counters of the table only hold what gone decisions counted, and folds them when nothing is counted in them any more. The counts
/// themselves are in the kernel alone, so an agent that starts anew goes on with them. Not for use by two threads at once.
/// </summary>
internal sealed class RetiredCounters(INftables nftables, TimeProvider time)
{
    /// <summary>No more series that no decision counts for are kept than these, the last ones.</summary>
    public const int MaxRetainedSeries = 1024;

    /// <summary>After this no packet is on its way through rules that are gone.</summary>
    public static readonly TimeSpan GracePeriod = TimeSpan.FromSeconds(1);

    /// <summary>How long the count of a series is kept that no decision counts for: a policy that comes back goes on with it.</summary>
    public static readonly TimeSpan RetentionTime = TimeSpan.FromMinutes(10);

    private static readonly HashSet<SeriesId> OfTiers = [.. CounterSeries.OfTiers.Select(s => s.Id)];

    private readonly Dictionary<string, long> _retired = new(StringComparer.Ordinal);
    private readonly Dictionary<SeriesId, long> _retained = [];
    private readonly Dictionary<SeriesId, int> _references = [];
    private bool _hasChanged;

    /// <summary>A change of the rules, without what it does to counters that hold counts.</summary>
    public StagedUpdate KeepCounts(StagedUpdate change) => CounterRetention.Retain(change, _retired.ContainsKey);

    /// <summary>A change that was kept so is in force.</summary>
    public void Update(ListChange<Decision> decisions)
    {
        foreach (var decision in decisions.Removed)
        {
            _retired.Add(ObjectNames.Decision(decision.Id), time.GetTimestamp());
            AddReference(decision, -1);
        }
        foreach (var decision in decisions.Added)
        {
            _retired.Remove(ObjectNames.Decision(decision.Id));
            AddReference(decision, 1);
        }
        _hasChanged |= !decisions.IsEmpty;
    }

    /// <summary>The whole table is as <paramref name="table"/> says.</summary>
    public void Reset(NodeRuleSet rules, TableState table)
    {
        _retired.Clear();
        _references.Clear();
        var live = rules.Decisions.Select(d => ObjectNames.Decision(d.Id)).ToHashSet(StringComparer.Ordinal);
        foreach (var counter in table.Counters.Values.Where(c => !live.Contains(c.Name) && SeriesCounter.SeriesOf(c.Name) is null && CounterRetention.IsVerdictCounter(c)))
            _retired.Add(counter.Name, time.GetTimestamp());
        foreach (var decision in rules.Decisions)
            AddReference(decision, 1);
        _hasChanged = true;
    }

    /// <summary>Takes out of the table what may go by now; asks the kernel only when there may be something.</summary>
    /// <exception cref="NftablesException">The kernel refused; nothing has changed.</exception>
    public void Collect()
    {
        if (!_hasChanged && !_retired.Values.Any(IsGracePeriodOver) && !_retained.Values.Any(IsRetentionOver))
            return;
        var counters = nftables.ReadCounters(Renderer.TableName);
        UpdateRetention(counters);
        var settled = _retired.Where(r => IsGracePeriodOver(r.Value)).Select(r => r.Key).ToHashSet(StringComparer.Ordinal);
        var ended = _retained.OrderByDescending(l => l.Value).ThenBy(l => l.Key).Where((l, place) => place >= MaxRetainedSeries || IsRetentionOver(l.Value))
            .Select(l => l.Key).ToHashSet();
        var gone = counters.Select(c => c.Name).Where(name => settled.Contains(name) || (SeriesCounter.SeriesOf(name) is { } series && ended.Contains(series)));
        nftables.Commit(CounterRetention.Fold(counters, gone.ToHashSet(StringComparer.Ordinal)));
        foreach (var name in settled)
            _retired.Remove(name);
        foreach (var series in ended)
            _retained.Remove(series);
        _hasChanged = settled.Count > 0;
    }

    private void UpdateRetention(IReadOnlyList<CounterValue> counters)
    {
        var unfed = counters.Select(c => SeriesCounter.SeriesOf(c.Name)).OfType<SeriesId>()
            .Where(series => !_references.ContainsKey(series) && !OfTiers.Contains(series)).ToHashSet();
        foreach (var series in _retained.Keys.Where(s => !unfed.Contains(s)).ToList())
            _retained.Remove(series);
        foreach (var series in unfed)
            _retained.TryAdd(series, time.GetTimestamp());
    }

    private bool IsGracePeriodOver(long since) => time.GetElapsedTime(since) >= GracePeriod;

    private bool IsRetentionOver(long since) => time.GetElapsedTime(since) >= RetentionTime;

    private void AddReference(Decision decision, int more)
    {
        foreach (var series in CounterTag.Create(decision).All)
        {
            var references = _references.GetValueOrDefault(series) + more;
            if (references == 0)
                _references.Remove(series);
            else
                _references[series] = references;
        }
    }
}
