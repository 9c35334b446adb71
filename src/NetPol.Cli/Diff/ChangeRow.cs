using NetPol.Compiler.Analysis.Diff;
using NetPol.Model;
using NetPol.Model.Net;
using NetPol.Model.RuleSets;

namespace NetPol.Cli.Diff;

/// <summary>A row of the comparison for the user.</summary>
/// <param name="Kind">The type of the change.</param>
/// <param name="Scope">Whether the destinations are other endpoints, the source itself, or its own node.</param>
/// <param name="Family">The address family; null for every family that both ends have.</param>
/// <param name="From">The sources.</param>
/// <param name="To">The destinations; empty when each source is its own destination.</param>
/// <param name="Ports">The destination ports.</param>
/// <param name="Each">The namespaces that the row repeats for, each written as <see cref="PodSet.SameNamespace"/>; empty for a row that does not repeat.</param>
/// <param name="Before">The decisions in the old state.</param>
/// <param name="After">The decisions in the new state.</param>
/// <param name="Changes">The indexes of its changes in <see cref="ClusterDiff.Changes"/>.</param>
internal sealed record ChangeRow(
    ConnectionChangeType Kind,
    DestinationScope Scope,
    IpFamily? Family,
    EndpointSet From,
    EndpointSet To,
    PortSet Ports,
    ValueArray<string> Each,
    ValueArray<Decision> Before,
    ValueArray<Decision> After,
    ValueArray<int> Changes)
{
    /// <summary>Returns the rows of a comparison. Merges rows that are the same for several namespaces, each relative to its own.</summary>
    public static IReadOnlyList<ChangeRow> Create(ClusterDiff comparison)
    {
        var names = new EndpointSetNames(comparison.Groups);
        return [.. comparison.Changes
            .Select((c, place) => new ChangeRow(c.Type, c.Destination, c.Family, names.Name(c.From), names.Name(c.To), c.Ports, [], c.Before, c.After, [place]))
            .Select(row => (Row: row, Home: row.To.OnlyNamespace ?? row.From.OnlyNamespace))
            .GroupBy(r => r.Home is { } home ? r.Row.RelativeTo(home) : r.Row.WithoutDecisions)
            .SelectMany(same => same.Count() == 1 || same.First().Home is null ? same.Select(r => r.Row) : [Merged(same.Key, [.. same])])];
    }

    /// <summary>The row without its decisions and the indexes of its changes.</summary>
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
