using System.Text.Json;
using System.Text.RegularExpressions;
using NetPol.Testing.Infrastructure;

namespace NetPol.Mutants.Tests;

/// <summary>A deliberate mistake in one source file.</summary>
/// <param name="Mistake">A statement that is true of the mutant.</param>
/// <param name="File">The path of the file below <c>src/</c>.</param>
/// <param name="Search">A text that is in the file exactly once.</param>
/// <param name="Replace">The text that replaces it.</param>
public sealed partial record Mutation(string Mistake, string File, string Search, string Replace)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>The id: the words of the statement in lower case, joined by hyphens, such as <c>a-pass-allows</c>.</summary>
    public string Id => NotWords().Replace(Mistake.Replace("'", "", StringComparison.Ordinal).ToLowerInvariant(), "-").Trim('-');

    /// <summary>All mutations, in the order of <c>mutants.json</c>.</summary>
    public static Mutation[] ReadAll() => JsonSerializer.Deserialize<Mutation[]>(ReadText("mutants.json"), Json)!;

    /// <summary>The ids of all required mutations, in the order of <c>mutants.txt</c>.</summary>
    public static string[] ReadExpectedIds() => ReadText("mutants.txt").Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public override string ToString() => Id;

    private static string ReadText(string name) => System.IO.File.ReadAllText(Repository.Path("tests/NetPol.Mutants.Tests", name));

    [GeneratedRegex("[^a-z0-9]+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NotWords();
}
