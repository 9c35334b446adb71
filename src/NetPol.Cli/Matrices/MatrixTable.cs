using NetPol.Cli.CommandLine;
using NetPol.Model.Rules;
using Spectre.Console;

namespace NetPol.Cli.Matrices;

/// <summary>The matrix for a terminal: one grid a port, rows connect to columns. Columns that do not fit beside each other follow below.</summary>
internal static class MatrixTable
{
    private const int CellWidth = 2;
    private const int Gap = 1;

    public static void Write(IAnsiConsole console, Matrix matrix)
    {
        foreach (var port in matrix.Ports)
            WriteGrids(console, matrix, port, Cell.Of, Style);
        var allowed = matrix.Entries.Count(e => e.Verdict.Verdict == Verdict.Allow);
        console.WriteLine(Cell.Legend);
        console.WriteLine($"{matrix.Entries.Count} connections: {allowed} allowed, {matrix.Entries.Count - allowed} denied");
    }

    public static string Style(MatrixEntry entry) => entry.Verdict.Verdict == Verdict.Allow ? "green" : "red";

    /// <summary>Draws the grids of one port.</summary>
    /// <param name="console">Where to.</param>
    /// <param name="matrix">What.</param>
    /// <param name="port">One of the matrix's ports.</param>
    /// <param name="sign">At most two characters wide; asked with null where there is no question.</param>
    /// <param name="style">A Spectre style.</param>
    public static void WriteGrids(IAnsiConsole console, Matrix matrix, ProbePort port, Func<MatrixEntry?, string> sign, Func<MatrixEntry, string> style)
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
