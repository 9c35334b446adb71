using System.Text;
using System.Text.Json;

namespace NetPol.Cli.Infrastructure;

/// <summary>Writes a self-contained HTML page: head, style and script that all pages share, the page's own script, and the data as JSON.</summary>
internal static class HtmlPage
{
    private const string Placeholder = "{{data}}";

    /// <param name="output">The destination.</param>
    /// <param name="name">The name of the page's template.</param>
    /// <param name="data">Writes the data as one JSON value.</param>
    public static void Write(Stream output, string name, Action<Utf8JsonWriter> data)
    {
        var page = Read(name)
            .Replace("{{head}}", Read("head.html").TrimEnd(), StringComparison.Ordinal)
            .Replace("{{style}}", Read("page.css").TrimEnd(), StringComparison.Ordinal)
            .Replace("{{script}}", Read("page.js").TrimEnd(), StringComparison.Ordinal);
        var place = page.IndexOf(Placeholder, StringComparison.Ordinal);
        output.Write(Encoding.UTF8.GetBytes(page[..place]));
        // The default encoder escapes < and >, so the data cannot end the script element.
        using (var json = new Utf8JsonWriter(output))
            data(json);
        output.Write(Encoding.UTF8.GetBytes(page[(place + Placeholder.Length)..]));
    }

    private static string Read(string name)
    {
        using var resource = typeof(HtmlPage).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"{name} is not in the assembly");
        using var reader = new StreamReader(resource);
        return reader.ReadToEnd();
    }
}

/// <summary>Numbers items from 0 in order of arrival, so that a page contains each item once.</summary>
internal sealed class IndexedSet<T>
    where T : notnull
{
    private readonly Dictionary<T, int> _numbers = [];
    private readonly List<T> _all = [];

    /// <summary>The items by number.</summary>
    public IReadOnlyList<T> Items => _all;

    public int IndexOf(T thing)
    {
        if (_numbers.TryGetValue(thing, out var number))
            return number;
        _all.Add(thing);
        return _numbers[thing] = _all.Count - 1;
    }
}
