using NetPol.Model;
using NetPol.Model.RuleSets;
using NetPol.Nftables;

namespace NetPol.Rendering;

/// <summary>
/// The series that a decision's counter counts for, at every level. The kernel keeps it with the counter, so that the counts
/// have a series even after the decision is removed.
/// </summary>
public sealed record CounterTag
{
    private static readonly SeriesLevel[] Levels = Enum.GetValues<SeriesLevel>();

    private readonly ValueArray<SeriesId> _ids;

    private CounterTag(ValueArray<SeriesId> ids) => _ids = ids;

    /// <summary>All series, of all levels.</summary>
    public IEnumerable<SeriesId> All => _ids;

    public static CounterTag Create(Decision decision) => new(Levels.SelectMany(level => CounterSeries.Create(decision, level)).Select(s => s.Id).ToValueArray());

    /// <summary>Returns null for text that is no tag: of another program, or of another version.</summary>
    public static CounterTag? Parse(string? text)
    {
        var length = text?.Length ?? 0;
        if (length == 0 || length % (SeriesId.ShortLength * Levels.Length) != 0)
            return null;
        var ids = new SeriesId[length / SeriesId.ShortLength];
        for (var i = 0; i < ids.Length; i++)
        {
            if (SeriesId.ParseShort(text.AsSpan(i * SeriesId.ShortLength, SeriesId.ShortLength)) is not { } id)
                return null;
            ids[i] = id;
        }
        return new(ids.ToValueArray());
    }

    /// <summary>The series of one level.</summary>
    public IEnumerable<SeriesId> AtLevel(SeriesLevel level)
    {
        var each = _ids.Count / Levels.Length;
        return _ids.Skip((int)level * each).Take(each);
    }

    /// <summary>At most 120 characters: with the longest comment it fits the 256 bytes that the kernel keeps for a counter.</summary>
    public override string ToString() => string.Concat(_ids.Select(id => id.ToShortString()));
}

/// <summary>Returns the counts of each series of one level, summed over counters of programmed and removed decisions and accumulators.</summary>
public static class SeriesTotals
{
    /// <param name="counters">All counters of the table at one moment.</param>
    /// <param name="level">The level of the series.</param>
    /// <returns>The counts by series, with accumulators of other levels too. A missing series has no counts.</returns>
    public static IReadOnlyDictionary<SeriesId, (ulong Packets, ulong Bytes)> Sum(IEnumerable<CounterValue> counters, SeriesLevel level)
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
        SeriesCounter.SeriesOf(counter.Name) is { } series ? [series] : CounterTag.Parse(counter.Tag)?.AtLevel(level) ?? [];
}
