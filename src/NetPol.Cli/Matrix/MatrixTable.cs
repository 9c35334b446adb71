using NetPol.Cli.Connections;
using NetPol.Cli.Infrastructure;
using NetPol.Model.Cluster;
using NetPol.Model.RuleSets;
using Spectre.Console;

namespace NetPol.Cli.Matrix;

/// <summary>Prints the matrix on a terminal: one grid per port, with sources as rows and destinations as columns. Columns that do not fit follow in another grid.</summary>
internal static class MatrixTable
{
    private const int CellWidth = 2;
    private const int Gap = 1;

    public static void Write(IAnsiConsole console, ConnectivityMatrix matrix)
    {
        foreach (var port in matrix.Ports)
            WriteGrids(console, matrix, port, MatrixCell.Symbol, Style);
        var allowed = matrix.Entries.Count(e => e.Verdict.Verdict == Verdict.Allow);
        console.WriteLine(MatrixCell.Legend);
        console.WriteLine($"{matrix.Entries.Count} connections: {allowed} allowed, {matrix.Entries.Count - allowed} denied");
    }

    public static string Style(MatrixEntry entry) => entry.Verdict.Verdict == Verdict.Allow ? "green" : "red";

    /// <summary>Draws the grids of one port.</summary>
    /// <param name="console">The destination.</param>
    /// <param name="matrix">The matrix.</param>
    /// <param name="port">One of the matrix's ports.</param>
    /// <param name="sign">Returns a sign of at most two characters. Its argument is null without an entry.</param>
    /// <param name="style">Returns a Spectre style.</param>
    public static void WriteGrids(IAnsiConsole console, ConnectivityMatrix matrix, DestinationPort port, Func<MatrixEntry?, string> sign, Func<MatrixEntry, string> style)
    {
        var numberWidth = Math.Max(CellWidth, matrix.Endpoints.Count.ToString().Length);
        var nameWidth = matrix.Endpoints.Max(e => e.Name.Length);
        var perGrid = Math.Max(1, (console.Profile.Width - numberWidth - nameWidth - (2 * Gap)) / (numberWidth + Gap));
        for (var start = 0; start < matrix.Endpoints.Count; start += perGrid)
        {
            var columns = matrix.Endpoints.Skip(start).Take(perGrid).ToList();
            WriteGrid(console, columns, start);
        }

        void WriteGrid(IAnsiConsole console, List<Endpoint> columns, int start)
        {
            var numbers = columns.Select((_, i) => (start + i + 1).ToString()).Select((n, i) => i == columns.Count - 1 ? n : n.PadRight(numberWidth));
            WriteLine(console, $"[bold]{port.ToString().PadRight(numberWidth + Gap + nameWidth)}[/]", numbers.Select(n => $"[dim]{n}[/]"));
            for (var row = 0; row < matrix.Endpoints.Count; row++)
            {
                var from = matrix.Endpoints[row];
                var title = $"[dim]{(row + 1).ToString().PadLeft(numberWidth)}[/] {Markup.Escape(from.Name.PadRight(nameWidth))}";
                WriteLine(console, title, columns.Select((to, i) =>
                {
                    var entry = matrix[from, to, port];
                    var text = i == columns.Count - 1 ? sign(entry) : sign(entry).PadRight(numberWidth);
                    return $"[{(entry is null ? "dim" : style(entry))}]{text}[/]";
                }));
            }
            console.WriteLine();
        }
    }

    private static void WriteLine(IAnsiConsole console, string title, IEnumerable<string> cells) =>
        console.Markup($"{title} {string.Join(' ', cells)}\n");
}

/// <summary>Draws one entry of a matrix: the left sign is the source's side, the right sign the destination's.</summary>
internal static class MatrixCell
{
    public const string Allowed = "✓";
    public const string DeniedByEgress = "✗›";
    public const string DeniedByIngress = "›✗";
    public const string DeniedByBoth = "✗✗";
    public const string NotAsked = "·";

    public const string Legend =
        $"{Allowed} allowed   {DeniedByEgress} denied by the source's egress   {DeniedByIngress} denied by the destination's ingress   {DeniedByBoth} denied by both";

    public static string Symbol(MatrixEntry? entry) => entry is null
        ? NotAsked
        : (entry.Verdict.Egress.Verdict, entry.Verdict.Ingress.Verdict) switch
        {
            (Verdict.Allow, Verdict.Allow) => Allowed,
            (Verdict.Deny, Verdict.Allow) => DeniedByEgress,
            (Verdict.Allow, _) => DeniedByIngress,
            _ => DeniedByBoth,
        };
}

/// <summary>Prints on standard error what a matrix omits: pods, and verdicts over another address family.</summary>
internal static class OmittedPods
{
    private const int MostDifferences = 5;

    public static void Report(ClusterSnapshot cluster, ConnectivityMatrix matrix)
    {
        Report(cluster.Pods.Where(p => p is { HostNetwork: true, Finished: false }), "in the network of its node (ask for the node with --address)", "in the network of their nodes (ask for the nodes with --address)");
        Report(cluster.Pods.Where(p => p.Finished), "finished", "finished");
        foreach (var entry in matrix.DifferingEntries.Take(MostDifferences))
        {
            var (source, destination) = (entry.Connection.Source, entry.Connection.Destination);
            Console.Error.WriteLine($"note: {entry.From.Name} -> {entry.To.Name} {entry.Port}: between {source} and {destination} the verdict is {Describe.Action(entry.Verdict.Verdict)}: ask explain for these addresses to see why");
        }
        if (matrix.DifferingEntries.Count > MostDifferences)
            Console.Error.WriteLine($"note: {DiagnosticText.Count(matrix.DifferingEntries.Count - MostDifferences, "more connection")} with another verdict over another address family or to another endpoint");
    }

    private static void Report(IEnumerable<Pod> pods, string one, string many)
    {
        var names = pods.Select(p => p.Id.ToString()).ToList();
        if (names.Count > 0)
            Console.Error.WriteLine($"note: left out {DiagnosticText.Count(names.Count, "pod")} that {(names.Count == 1 ? $"is {one}" : $"are {many}")}: {string.Join(", ", names)}");
    }
}
