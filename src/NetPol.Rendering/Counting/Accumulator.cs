using NetPol.Nftables;

namespace NetPol.Rendering.Counting;

/// <summary>
/// A counter that no rule names: it holds for a series what counters have counted that are gone.
/// </summary>
public static class Accumulator
{
    private const string Prefix = "series-";

    internal static Counter Of(SeriesId series) => new(NameOf(series), "counts of decisions that were removed");

    internal static string NameOf(SeriesId series) => $"{Prefix}{series}";

    /// <summary>Null when the counter is no accumulator.</summary>
    public static SeriesId? SeriesOf(string counter) =>
        counter.StartsWith(Prefix, StringComparison.Ordinal) ? SeriesId.Parse(counter.AsSpan(Prefix.Length)) : null;
}
