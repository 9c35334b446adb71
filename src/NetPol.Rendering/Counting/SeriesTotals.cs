using NetPol.Nftables;

namespace NetPol.Rendering.Counting;

/// <summary>What has been counted for each series of one level, by whichever counters: of decisions in force, of gone ones, and accumulators.</summary>
public static class SeriesTotals
{
    /// <param name="counters">All counters of the table at one moment.</param>
    /// <param name="level">The level of the series.</param>
    /// <returns>Of the accumulators also those of other levels; a series that is missing has counted nothing.</returns>
    public static IReadOnlyDictionary<SeriesId, (ulong Packets, ulong Bytes)> Of(IEnumerable<CounterValue> counters, SeriesLevel level)
    {
        var totals = new Dictionary<SeriesId, (ulong Packets, ulong Bytes)>();
        foreach (var counter in counters)
        {
            foreach (var series in SeriesOf(counter, level))
            {
                var (packets, bytes) = totals.GetValueOrDefault(series);
                totals[series] = (packets + counter.Packets, bytes + counter.Bytes);
            }
        }
        return totals;
    }

    private static IEnumerable<SeriesId> SeriesOf(CounterValue counter, SeriesLevel level) =>
        Accumulator.SeriesOf(counter.Name) is { } series ? [series] : CounterTag.Parse(counter.Tag)?.AtLevel(level) ?? [];
}
