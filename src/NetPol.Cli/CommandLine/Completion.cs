using System.CommandLine;

namespace NetPol.Cli.CommandLine;

/// <summary>Answers shells, and kubectl for its plugin: how a command line can go on.</summary>
internal static class Completion
{
    /// <summary>The first word of the question, which kubectl's plugins share with cobra.</summary>
    public const string CommandName = "__complete";

    /// <summary>Cobra's directive: complete as given.</summary>
    private const string Given = ":4";

    /// <summary>Cobra's directive: complete files.</summary>
    private const string Files = ":0";

    /// <summary>Writes the suggestions for the last word, one a line, then the directive.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="root">The commands.</param>
    /// <param name="words">The words after the program's name; the last one is to be completed, and may be empty.</param>
    public static void Write(TextWriter output, RootCommand root, string[] words)
    {
        var last = words.Length == 0 ? "" : words[^1];
        var line = string.Join(' ', words.Select(w => w.Contains(' ', StringComparison.Ordinal) ? $"\"{w}\"" : w));
        var found = root.Parse(line).GetCompletions(line.Length)
            .Select(c => c.InsertText ?? c.Label)
            .Where(text => text.StartsWith(last, StringComparison.Ordinal))
            .Distinct(StringComparer.Ordinal)
            .ToList();
        foreach (var text in found)
            output.WriteLine(text);
        output.WriteLine(found.Count > 0 ? Given : Files);
    }
}
