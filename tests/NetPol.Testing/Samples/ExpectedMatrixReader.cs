using NetPol.Model;
using NetPol.Model.Net;

namespace NetPol.Testing.Samples;

/// <summary>Reads the text form of an <see cref="ExpectedMatrix"/>, strictly.</summary>
internal sealed class ExpectedMatrixReader(string text)
{
    private const string Reports = "reports ";
    private const string Heading = "port ";
    private const string Over = " over ";
    private readonly string[] _lines = text.Split('\n');
    private int _next;

    public ExpectedMatrix Read()
    {
        var line = NextLine();
        ValueArray<string> reports = [];
        if (line?.StartsWith(Reports, StringComparison.Ordinal) == true)
        {
            reports = line[Reports.Length..].Split(", ").Order(StringComparer.Ordinal).ToValueArray();
            line = NextLine();
        }
        var grids = new List<ExpectedGrid>();
        for (; line is not null; line = NextLine())
            grids.Add(Grid(line));
        return grids.Count == 0 ? throw Wrong("there is no grid") : new(reports, grids.ToValueArray());
    }

    private ExpectedGrid Grid(string heading)
    {
        var start = _next;
        if (!heading.StartsWith(Heading, StringComparison.Ordinal))
            throw Wrong($"\"{heading}\" starts no grid: write \"port 80/TCP\"");
        var parts = heading[Heading.Length..].Split(Over);
        IpFamily? family = parts switch
        {
            [_] => null,
            [_, "IPv4"] => IpFamily.V4,
            [_, "IPv6"] => IpFamily.V6,
            _ => throw Wrong("a grid is over IPv4 or over IPv6"),
        };
        var ports = parts[0].Split(", ").Select(Port).ToValueArray();
        var columns = Words();
        var ends = new List<string>();
        var cells = new List<ValueArray<ExpectedCell>>();
        foreach (var column in columns)
        {
            var row = Words();
            if (row.Length != columns.Length + 2 || !string.Equals(row[0], column, StringComparison.Ordinal))
                throw Wrong($"a row is \"{column}\", its name and {columns.Length} cells");
            if (ends.Contains(row[1], StringComparer.Ordinal))
                throw Wrong($"{row[1]} has a row already");
            ends.Add(row[1]);
            cells.Add(row[2..].Select(Cell).ToValueArray());
        }
        if (_next < _lines.Length && _lines[_next].Trim().Length > 0)
        {
            _next++;
            throw Wrong("a row without a column; a grid ends with an empty line");
        }
        return new(start, ports, family, ends.ToValueArray(), cells.ToValueArray());
    }

    private ExpectedPort Port(string text)
    {
        try
        {
            return ExpectedPort.Parse(text);
        }
        catch (FormatException e)
        {
            throw Wrong(e.Message);
        }
    }

    private ExpectedCell Cell(string text) => text switch
    {
        "." => ExpectedCell.Allow,
        "X" => ExpectedCell.Deny,
        "-" => ExpectedCell.NoQuestion,
        _ => throw Wrong($"\"{text}\" is no cell: write . or X or -"),
    };

    /// <summary>Returns the next line that is neither empty nor a comment. Null at the end.</summary>
    private string? NextLine()
    {
        while (_next < _lines.Length)
        {
            var line = _lines[_next++].TrimEnd('\r');
            if (line.Length > 0 && line[0] != '#')
                return line;
        }
        return null;
    }

    private string[] Words()
    {
        var words = _next < _lines.Length ? _lines[_next++].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) : [];
        return words.Length > 0 ? words : throw Wrong("the grid ends too early");
    }

    private FormatException Wrong(string what) => new($"line {_next}: {what}");
}
