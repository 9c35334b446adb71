using NetPol.Nftables;

namespace NetPol.Rendering.Counting;

/// <summary>
/// A counter that no rule names: it holds for a series what counters have counted that are gone.
/// </summary>
public static class Accumulator
{
    private const string Prefix = "a_";

    internal static Counter Of(SeriesId series) => new(NameOf(series), "of decisions that are gone");

    internal static string NameOf(SeriesId series) => $"{Prefix}{series}";

    /// <summary>Null when the counter is no accumulator.</summary>
    public static SeriesId? SeriesOf(string counter) =>
        counter.StartsWith(Prefix, StringComparison.Ordinal) ? SeriesId.Parse(counter.AsSpan(Prefix.Length)) : null;
}
