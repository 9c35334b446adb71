using System.Text.Json;
using NetPol.Cli.Diff;
using NetPol.Cli.Infrastructure;
using NetPol.Compiler.Analysis.Diff;
using NetPol.Testing.Infrastructure;

namespace NetPol.Cli.Tests.Diff;

/// <summary>The page of <c>diff -o html</c> in a browser.</summary>
internal static class DiffPage
{
    /// <summary>Writes the page to a file and opens the file.</summary>
    public static async Task OpenAsync(this Browser browser, string folder, ClusterDiff comparison)
    {
        var path = Path.Combine(folder, "diff.html");
        await using (var file = File.Create(path))
            DiffHtml.Write(file, comparison);
        await browser.OpenAsync(path);
    }

    public static async Task OpenAsync(this Browser browser, string path)
    {
        await browser.OpenAsync(new Uri(path));
        await browser.UntilAsync("the page is drawn", "document.querySelector('#grid > *')");
    }

    /// <summary>Returns the accessible text of each square with a change.</summary>
    public static async Task<SortedDictionary<string, string>> SquaresAsync(this Browser browser)
    {
        var read = await browser.ReadAsync(
            """
            JSON.stringify([...document.querySelectorAll('td[data-v]')].map(square => [
              `${square.parentElement.querySelector('th').title} -> ${square.at.to.head.title}`, square.querySelector('.visually-hidden').textContent]))
            """);
        return new(JsonSerializer.Deserialize<string[][]>(read!)!.ToDictionary(s => s[0], s => s[1]), StringComparer.Ordinal);
    }

    public static JsonElement Rows(ClusterDiff comparison)
    {
        using var stream = new MemoryStream();
        DocumentWriter.Write(stream, OutputFormat.Json, DiffDocument.Create(comparison));
        using var document = JsonDocument.Parse(stream.ToArray());
        return document.RootElement.GetProperty("changes").Clone();
    }
}
