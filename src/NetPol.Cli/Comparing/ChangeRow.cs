using NetPol.Compiler.Comparing;
using NetPol.Model;
using NetPol.Model.Rules;

namespace NetPol.Cli.Comparing;

/// <summary>One row of what a person reads.</summary>
/// <param name="Kind">What changes.</param>
/// <param name="Counterpart">Whom the sources connect to.</param>
/// <param name="Family">Null: every family that both ends have.</param>
/// <param name="From">The sources.</param>
/// <param name="To">The destinations; without any where each source is its own.</param>
/// <param name="Ports">The destination ports.</param>
/// <param name="Each">Namespaces of each of which the row is said, as <see cref="PodParties.Here"/>; otherwise empty.</param>
/// <param name="Before">Who decided.</param>
/// <param name="After">Who decides.</param>
/// <param name="Changes">The places of what it tells of in <see cref="ClusterComparison.Changes"/>.</param>
internal sealed record ChangeRow(
    ChangeKind Kind,
    Counterpart Counterpart,
    IpFamily? Family,
    Parties From,
    Parties To,
    PortSet Ports,
    ValueArray<string> Each,
    ValueArray<Decision> Before,
    ValueArray<Decision> After,
    ValueArray<int> Changes)
{
    /// <summary>The rows of a comparison; those that say the same of several namespaces, each seen from itself, are one.</summary>
    public static IReadOnlyList<ChangeRow> Of(ClusterComparison comparison)
    {
        var names = new PartyNames(comparison.Groups);
        return [.. comparison.Changes
            .Select((c, place) => new ChangeRow(c.Kind, c.Counterpart, c.Family, names.Of(c.From), names.Of(c.To), c.Ports, [], c.Before, c.After, [place]))
            .Select(row => (Row: row, Home: row.To.Home ?? row.From.Home))
            .GroupBy(r => r.Home is { } home ? r.Row.SeenFrom(home) : r.Row.Question)
            .SelectMany(same => same.Count() == 1 || same.First().Home is null ? same.Select(r => r.Row) : [Merged(same.Key, [.. same])])];
    }

    /// <summary>Without who decides, and where it is from.</summary>
    private ChangeRow Question => this with { Before = [], After = [], Changes = [] };

    private ChangeRow SeenFrom(string home) => Question with { From = From.From(home), To = To.From(home) };

    private static ChangeRow Merged(ChangeRow question, List<(ChangeRow Row, string? Home)> same) => question with
    {
        Each = same.Select(s => s.Home!).Order(StringComparer.Ordinal).ToValueArray(),
        Before = same.SelectMany(s => s.Row.Before).Distinct().ToValueArray(),
        After = same.SelectMany(s => s.Row.After).Distinct().ToValueArray(),
        Changes = same.SelectMany(s => s.Row.Changes).ToValueArray(),
    };
}
