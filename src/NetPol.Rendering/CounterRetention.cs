using NetPol.Nftables;

namespace NetPol.Rendering;

/// <summary>
/// Changes of the table that lose no count. A counter whose decision is gone stays at first, for packets that are still on their way through the
/// old rules; later it is folded into the accumulators of its series.
/// </summary>
public static class CounterRetention
{
    /// <summary>Whether a counter that no rule needs is to stay for what it has counted.</summary>
    public static bool IsVerdictCounter(Counter counter) => SeriesCounter.SeriesOf(counter.Name) is not null || (ObjectNames.IsDecision(counter.Name) && CounterTag.Parse(counter.Tag) is not null);

    /// <summary><paramref name="wanted"/> with the counters of <paramref name="actual"/> that hold counts.</summary>
    public static TableState Retain(TableState? actual, TableState wanted)
    {
        var held = actual?.Counters.Values.Where(c => !wanted.Counters.ContainsKey(c.Name) && IsVerdictCounter(c)).ToList() ?? [];
        return held.Count == 0 ? wanted : new(wanted.Name, wanted.Comment, wanted.Counters.Values.Concat(held), wanted.Sets.Values, wanted.Chains.Values);
    }

    /// <summary>A change of the rules without what it does to counters that hold counts.</summary>
    /// <param name="change">As <see cref="Renderer"/> makes it from a difference.</param>
    /// <param name="isRetired">Whether the table has a counter of this name whose decision was gone.</param>
    public static StagedUpdate Retain(StagedUpdate change, Func<string, bool> isRetired)
    {
        ArgumentNullException.ThrowIfNull(change);
        return change.Select(o => o is Operation.DeleteCounter || (o is Operation.AddCounter add && isRetired(add.Counter.Name)) ? null : o);
    }

    /// <summary>
    /// Deletes counters, and adds what they counted to the accumulators of their series: the sum over a series is at every moment what it was.
    /// </summary>
    /// <param name="counters">All counters of the table, as they were read; in those that go, nothing is counted any more.</param>
    /// <param name="gone">The names of those that go. An accumulator goes with its count.</param>
    public static StagedUpdate Fold(IReadOnlyList<CounterValue> counters, IReadOnlySet<string> gone)
    {
        var sums = new SortedDictionary<SeriesId, (ulong Packets, ulong Bytes)>();
        List<Operation> operations = [];
        foreach (var counter in counters.Where(c => gone.Contains(c.Name)))
        {
            operations.Add(new Operation.DeleteCounter(counter.Name));
            if (counter is { Packets: 0, Bytes: 0 } || CounterTag.Parse(counter.Tag) is not { } tag)
                continue;
            foreach (var series in tag.All)
                Add(sums, series, counter);
        }
        foreach (var counter in counters.Where(c => !gone.Contains(c.Name)))
        {
            if (SeriesCounter.SeriesOf(counter.Name) is not { } series || !sums.ContainsKey(series))
                continue;
            operations.Add(new Operation.DeleteCounter(counter.Name));
            Add(sums, series, counter);
        }
        operations.AddRange(sums.Select(s => new Operation.AddCounter(SeriesCounter.Create(s.Key), s.Value.Packets, s.Value.Bytes)));
        return StagedUpdate.WithoutEffect(Renderer.TableName, operations);
    }

    private static void Add(SortedDictionary<SeriesId, (ulong Packets, ulong Bytes)> sums, SeriesId series, CounterValue counter)
    {
        var (packets, bytes) = sums.GetValueOrDefault(series);
        sums[series] = (packets + counter.Packets, bytes + counter.Bytes);
    }
}

/// <summary>
/// A counter that no rule names: it holds for a series what counters have counted that are gone.
/// </summary>
public static class SeriesCounter
{
    private const string Prefix = "series-";

    internal static Counter Create(SeriesId series) => new(NameOf(series), "counts of decisions that were removed");

    internal static string NameOf(SeriesId series) => $"{Prefix}{series}";

    /// <summary>Null when the counter is no accumulator.</summary>
    public static SeriesId? SeriesOf(string counter) =>
        counter.StartsWith(Prefix, StringComparison.Ordinal) ? SeriesId.Parse(counter.AsSpan(Prefix.Length)) : null;
}
