using System.Text.RegularExpressions;

namespace NetPol.Architecture.Tests;

/// <summary>The table of projects in ARCHITECTURE.md: <c>| `NetPol.X` … | what it is | references | packages |</c>.</summary>
internal static partial class ArchitectureTable
{
    private const string Nothing = "–";
    private const string Everything = "all of the above but ";

    /// <summary>By project: the projects and the packages that it may refer to, each in ordinal order.</summary>
    public static Dictionary<string, (string[] References, string[] Packages)> Read()
    {
        var table = new Dictionary<string, (string[] References, string[] Packages)>(StringComparer.Ordinal);
        foreach (var row in SourceTree.Lines("ARCHITECTURE.md").Select(line => Row().Match(line)).Where(m => m.Success))
        {
            var written = row.Groups["references"].Value;
            var references = written.StartsWith(Everything, StringComparison.Ordinal)
                ? table.Keys.Except(Projects(written[Everything.Length..].Replace(" and ", ", ", StringComparison.Ordinal)), StringComparer.Ordinal)
                : Projects(written);
            table.Add(row.Groups["project"].Value,
                ([.. references.Order(StringComparer.Ordinal)], [.. Names(row.Groups["packages"].Value).Order(StringComparer.Ordinal)]));
        }
        return table;
    }

    private static IEnumerable<string> Projects(string cell) => Names(cell).Select(n => $"NetPol.{n}");

    private static string[] Names(string cell) => string.Equals(cell, Nothing, StringComparison.Ordinal) ? [] : cell.Split(", ");

    [GeneratedRegex(@"^\| `(?<project>NetPol\.\w+)`[^|]*\|[^|]*\| (?<references>[^|]*) \| (?<packages>[^|]*) \|$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Row();
}
