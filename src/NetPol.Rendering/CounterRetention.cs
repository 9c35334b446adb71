using NetPol.Nftables;

namespace NetPol.Rendering;

/// <summary>
/// Changes tables without losing counts. The counter of a removed decision stays at first, for packets that are still on their way through the
/// old rules. Later <see cref="Fold"/> adds it to the accumulators of its series.
/// </summary>
public static class CounterRetention
{
    /// <summary>Whether a counter that no rule uses must stay because of its counts.</summary>
    public static bool IsVerdictCounter(Counter counter) => SeriesCounter.SeriesOf(counter.Name) is not null || (ObjectNames.IsDecision(counter.Name) && CounterTag.Parse(counter.Tag) is not null);

    /// <summary>Returns <paramref name="wanted"/> plus the counters of <paramref name="actual"/> that must stay.</summary>
    public static TableState Retain(TableState? actual, TableState wanted)
    {
        var retained = actual?.Counters.Values.Where(c => !wanted.Counters.ContainsKey(c.Name) && IsVerdictCounter(c)).ToList() ?? [];
        return retained.Count == 0 ? wanted : new(wanted.Name, wanted.Comment, wanted.Counters.Values.Concat(retained), wanted.Sets.Values, wanted.Chains.Values);
    }

    /// <summary>Returns the update without deletions of counters, and without additions of counters that still exist.</summary>
    /// <param name="change">An update that <see cref="Renderer"/> made from a delta.</param>
    /// <param name="isRetired">Whether the table has a counter of this name from a removed decision.</param>
    public static StagedUpdate Retain(StagedUpdate change, Func<string, bool> isRetired)
    {
        ArgumentNullException.ThrowIfNull(change);
        return change.Select(o => o is Operation.DeleteCounter || (o is Operation.AddCounter add && isRetired(add.Counter.Name)) ? null : o);
    }

    /// <summary>
    /// Returns the update that deletes counters and adds their counts to the accumulators of their series. The sum over a series never changes.
    /// </summary>
    /// <param name="counters">All counters of the table, as read. No rule may use those in <paramref name="deleted"/>.</param>
    /// <param name="deleted">The names of the counters to delete. The count of a deleted accumulator is lost.</param>
    public static StagedUpdate Fold(IReadOnlyList<CounterValue> counters, IReadOnlySet<string> deleted)
    {
        var sums = new SortedDictionary<SeriesId, (ulong Packets, ulong Bytes)>();
        List<Operation> operations = [];
        foreach (var counter in counters.Where(c => deleted.Contains(c.Name)))
        {
            operations.Add(new Operation.DeleteCounter(counter.Name));
            if (counter is { Packets: 0, Bytes: 0 } || CounterTag.Parse(counter.Tag) is not { } tag)
                continue;
            foreach (var series in tag.All)
                Add(sums, series, counter);
        }
        foreach (var counter in counters.Where(c => !deleted.Contains(c.Name)))
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
/// An accumulator: a counter that no rule uses, with the counts of the deleted counters of one series.
/// </summary>
public static class SeriesCounter
{
    private const string Prefix = "series-";

    internal static Counter Create(SeriesId series) => new(NameOf(series), "counts of decisions that were removed");

    internal static string NameOf(SeriesId series) => $"{Prefix}{series}";

    /// <summary>Returns the series of an accumulator; null for another counter.</summary>
    public static SeriesId? SeriesOf(string counter) =>
        counter.StartsWith(Prefix, StringComparison.Ordinal) ? SeriesId.Parse(counter.AsSpan(Prefix.Length)) : null;
}
