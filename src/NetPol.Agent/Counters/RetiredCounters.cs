using NetPol.Model.RuleSets;
using NetPol.Nftables;
using NetPol.Rendering;

namespace NetPol.Agent.Counters;

/// <summary>
/// Tracks the counters of removed decisions, and folds each into its series when no packet can reach it. Only the kernel holds the counts, so they survive a restart of the
/// agent. Not for use by two threads at once.
/// </summary>
internal sealed class RetiredCounters(INftables nftables, TimeProvider time)
{
    /// <summary>The most series without a decision that are kept. The oldest are deleted first.</summary>
    public const int MaxRetainedSeries = 1024;

    /// <summary>After this time no packet is on its way through removed rules.</summary>
    public static readonly TimeSpan GracePeriod = TimeSpan.FromSeconds(1);

    /// <summary>How long a series without a decision keeps its count. A policy that is added again in this time continues it.</summary>
    public static readonly TimeSpan RetentionTime = TimeSpan.FromMinutes(10);

    private static readonly HashSet<SeriesId> TierSeries = [.. CounterSeries.OfTiers.Select(s => s.Id)];

    private readonly Dictionary<string, long> _retired = new(StringComparer.Ordinal);
    private readonly Dictionary<SeriesId, long> _retained = [];
    private readonly Dictionary<SeriesId, int> _references = [];
    private bool _hasChanged;

    /// <summary>The change without its operations on counters that hold counts.</summary>
    public StagedUpdate RetainCounters(StagedUpdate change) => CounterRetention.Retain(change, _retired.ContainsKey);

    /// <summary>Call this after the kernel has committed a change of decisions.</summary>
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

    /// <summary>Call this after the whole table was compared or replaced; it now equals <paramref name="table"/>.</summary>
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

    /// <summary>Folds and deletes the counters whose time is over. Reads the kernel only if there may be one.</summary>
    /// <exception cref="NftablesException">The kernel refused; nothing has changed.</exception>
    public void Collect()
    {
        if (!_hasChanged && !_retired.Values.Any(IsGracePeriodOver) && !_retained.Values.Any(IsRetentionOver))
            return;
        var counters = nftables.ReadCounters(Renderer.TableName);
        UpdateRetention(counters);
        var expired = _retired.Where(r => IsGracePeriodOver(r.Value)).Select(r => r.Key).ToHashSet(StringComparer.Ordinal);
        var expiredSeries = _retained.OrderByDescending(l => l.Value).ThenBy(l => l.Key).Where((l, place) => place >= MaxRetainedSeries || IsRetentionOver(l.Value))
            .Select(l => l.Key).ToHashSet();
        var deleted = counters.Select(c => c.Name).Where(name => expired.Contains(name) || (SeriesCounter.SeriesOf(name) is { } series && expiredSeries.Contains(series)));
        nftables.Commit(CounterRetention.Fold(counters, deleted.ToHashSet(StringComparer.Ordinal)));
        foreach (var name in expired)
            _retired.Remove(name);
        foreach (var series in expiredSeries)
            _retained.Remove(series);
        _hasChanged = expired.Count > 0;
    }

    private void UpdateRetention(IReadOnlyList<CounterValue> counters)
    {
        var unused = counters.Select(c => SeriesCounter.SeriesOf(c.Name)).OfType<SeriesId>()
            .Where(series => !_references.ContainsKey(series) && !TierSeries.Contains(series)).ToHashSet();
        foreach (var series in _retained.Keys.Where(s => !unused.Contains(s)).ToList())
            _retained.Remove(series);
        foreach (var series in unused)
            _retained.TryAdd(series, time.GetTimestamp());
    }

    private bool IsGracePeriodOver(long since) => time.GetElapsedTime(since) >= GracePeriod;

    private bool IsRetentionOver(long since) => time.GetElapsedTime(since) >= RetentionTime;

    private void AddReference(Decision decision, int count)
    {
        foreach (var series in CounterTag.Create(decision).All)
        {
            var references = _references.GetValueOrDefault(series) + count;
            if (references == 0)
                _references.Remove(series);
            else
                _references[series] = references;
        }
    }
}
