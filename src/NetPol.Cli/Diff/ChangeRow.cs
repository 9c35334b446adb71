using NetPol.Compiler.Analysis.Diff;
using NetPol.Model;
using NetPol.Model.Net;
using NetPol.Model.RuleSets;

namespace NetPol.Cli.Diff;

/// <summary>One row of what a person reads.</summary>
/// <param name="Kind">What changes.</param>
/// <param name="Counterpart">Whom the sources connect to.</param>
/// <param name="Family">Null: every family that both ends have.</param>
/// <param name="From">The sources.</param>
/// <param name="To">The destinations; without any where each source is its own.</param>
/// <param name="Ports">The destination ports.</param>
/// <param name="Each">Namespaces of each of which the row is said, as <see cref="PodSet.SameNamespace"/>; otherwise empty.</param>
/// <param name="Before">Who decided.</param>
/// <param name="After">Who decides.</param>
/// <param name="Changes">The places of what it tells of in <see cref="ClusterDiff.Changes"/>.</param>
internal sealed record ChangeRow(
    ConnectionChangeType Kind,
    DestinationScope Counterpart,
    IpFamily? Family,
    EndpointSet From,
    EndpointSet To,
    PortSet Ports,
    ValueArray<string> Each,
    ValueArray<Decision> Before,
    ValueArray<Decision> After,
    ValueArray<int> Changes)
{
    /// <summary>The rows of a comparison; those that say the same of several namespaces, each seen from itself, are one.</summary>
    public static IReadOnlyList<ChangeRow> Create(ClusterDiff comparison)
    {
        var names = new EndpointSetNames(comparison.Groups);
        return [.. comparison.Changes
            .Select((c, place) => new ChangeRow(c.Type, c.Destination, c.Family, names.Name(c.From), names.Name(c.To), c.Ports, [], c.Before, c.After, [place]))
            .Select(row => (Row: row, Home: row.To.OnlyNamespace ?? row.From.OnlyNamespace))
            .GroupBy(r => r.Home is { } home ? r.Row.RelativeTo(home) : r.Row.WithoutDecisions)
            .SelectMany(same => same.Count() == 1 || same.First().Home is null ? same.Select(r => r.Row) : [Merged(same.Key, [.. same])])];
    }

    /// <summary>Without who decides, and where it is from.</summary>
    private ChangeRow WithoutDecisions => this with { Before = [], After = [], Changes = [] };

    private ChangeRow RelativeTo(string home) => WithoutDecisions with { From = From.RelativeTo(home), To = To.RelativeTo(home) };

    private static ChangeRow Merged(ChangeRow question, List<(ChangeRow Row, string? Home)> same) => question with
    {
        Each = same.Select(s => s.Home!).Order(StringComparer.Ordinal).ToValueArray(),
        Before = same.SelectMany(s => s.Row.Before).Distinct().ToValueArray(),
        After = same.SelectMany(s => s.Row.After).Distinct().ToValueArray(),
        Changes = same.SelectMany(s => s.Row.Changes).ToValueArray(),
    };
}
