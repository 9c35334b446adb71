using NetPol.Model.Rules;
using NetPol.Nftables;
using NetPol.Rendering;
using NetPol.Rendering.Counting;

namespace NetPol.Agent.Counting;

/// <summary>
/// Knows which counters of the table only hold what gone decisions counted, and folds them when nothing is counted in them any more. The counts
/// themselves are in the kernel alone, so an agent that starts anew goes on with them. Not for use by two threads at once.
/// </summary>
internal sealed class CounterLedger(INftables nftables, TimeProvider time)
{
    /// <summary>No more series that no decision counts for are kept than these, the last ones.</summary>
    public const int MaxLingering = 1024;

    /// <summary>After this no packet is on its way through rules that are gone.</summary>
    public static readonly TimeSpan Settling = TimeSpan.FromSeconds(1);

    /// <summary>How long the count of a series is kept that no decision counts for: a policy that comes back goes on with it.</summary>
    public static readonly TimeSpan Lingering = TimeSpan.FromMinutes(10);

    private static readonly HashSet<SeriesId> OfTiers = [.. Series.OfTiers.Select(s => s.Id)];

    private readonly Dictionary<string, long> _retired = new(StringComparer.Ordinal);
    private readonly Dictionary<SeriesId, long> _lingering = [];
    private readonly Dictionary<SeriesId, int> _feeders = [];
    private bool _hasChanged;

    /// <summary>A change of the rules, without what it does to counters that hold counts.</summary>
    public StagedUpdate Keep(StagedUpdate change) => CountKeeping.Keep(change, _retired.ContainsKey);

    /// <summary>A change that was kept so is in force.</summary>
    public void Advance(Change<Decision> decisions)
    {
        foreach (var decision in decisions.Removed)
        {
            _retired.Add(Names.Decision(decision.Id), time.GetTimestamp());
            Feed(decision, -1);
        }
        foreach (var decision in decisions.Added)
        {
            _retired.Remove(Names.Decision(decision.Id));
            Feed(decision, 1);
        }
        _hasChanged |= !decisions.IsEmpty;
    }

    /// <summary>The whole table is as <paramref name="table"/> says.</summary>
    public void Reset(NodeRuleSet rules, TableState table)
    {
        _retired.Clear();
        _feeders.Clear();
        var live = rules.Decisions.Select(d => Names.Decision(d.Id)).ToHashSet(StringComparer.Ordinal);
        foreach (var counter in table.Counters.Values.Where(c => !live.Contains(c.Name) && Accumulator.SeriesOf(c.Name) is null && CountKeeping.HoldsCounts(c)))
            _retired.Add(counter.Name, time.GetTimestamp());
        foreach (var decision in rules.Decisions)
            Feed(decision, 1);
        _hasChanged = true;
    }

    /// <summary>Takes out of the table what may go by now; asks the kernel only when there may be something.</summary>
    /// <exception cref="NftablesException">The kernel refused; nothing has changed.</exception>
    public void Fold()
    {
        if (!_hasChanged && !_retired.Values.Any(IsSettled) && !_lingering.Values.Any(HasLingered))
            return;
        var counters = nftables.ReadCounters(Renderer.TableName);
        LetLinger(counters);
        var settled = _retired.Where(r => IsSettled(r.Value)).Select(r => r.Key).ToHashSet(StringComparer.Ordinal);
        var ended = _lingering.OrderByDescending(l => l.Value).ThenBy(l => l.Key).Where((l, place) => place >= MaxLingering || HasLingered(l.Value))
            .Select(l => l.Key).ToHashSet();
        var gone = counters.Select(c => c.Name).Where(name => settled.Contains(name) || (Accumulator.SeriesOf(name) is { } series && ended.Contains(series)));
        nftables.Commit(CountKeeping.Fold(counters, gone.ToHashSet(StringComparer.Ordinal)));
        foreach (var name in settled)
            _retired.Remove(name);
        foreach (var series in ended)
            _lingering.Remove(series);
        _hasChanged = settled.Count > 0;
    }

    private void LetLinger(IReadOnlyList<CounterValue> counters)
    {
        var unfed = counters.Select(c => Accumulator.SeriesOf(c.Name)).OfType<SeriesId>()
            .Where(series => !_feeders.ContainsKey(series) && !OfTiers.Contains(series)).ToHashSet();
        foreach (var series in _lingering.Keys.Where(s => !unfed.Contains(s)).ToList())
            _lingering.Remove(series);
        foreach (var series in unfed)
            _lingering.TryAdd(series, time.GetTimestamp());
    }

    private bool IsSettled(long since) => time.GetElapsedTime(since) >= Settling;

    private bool HasLingered(long since) => time.GetElapsedTime(since) >= Lingering;

    private void Feed(Decision decision, int more)
    {
        foreach (var series in CounterTag.Of(decision).All)
        {
            var feeders = _feeders.GetValueOrDefault(series) + more;
            if (feeders == 0)
                _feeders.Remove(series);
            else
                _feeders[series] = feeders;
        }
    }
}
