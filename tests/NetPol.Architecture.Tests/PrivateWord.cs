namespace NetPol.Architecture.Tests;

/// <summary>One row of <c>private-words.tsv</c>: a word or phrase that only an insider understands, in all its forms.</summary>
/// <param name="Forms">Each form as lower-case words: <c>peer class</c> is two.</param>
/// <param name="IsName">The word is private only as a part of a C# name; in text it is plain English.</param>
/// <param name="Replacement">What to write instead.</param>
/// <param name="PermittedPaths">Globs of the paths in which the word may stand: <c>**</c> is any text, <c>*</c> any text without a slash.</param>
/// <param name="PermittedPhrases">Texts in which the word may stand. Case matters.</param>
internal sealed record PrivateWord(IReadOnlyList<string[]> Forms, bool IsName, string Replacement, IReadOnlyList<string> PermittedPaths, IReadOnlyList<string> PermittedPhrases)
{
    /// <summary>
    /// Reads the list. A row has three columns, divided by tabs: the forms, divided by commas; the replacement; the permitted uses, divided by semicolons.
    /// Forms behind <c>name:</c> are private only as a part of a C# name. A permitted use is a glob or a phrase in quotes, then the reason in parentheses.
    /// </summary>
    /// <exception cref="FormatException">A row does not have this form.</exception>
    public static IReadOnlyList<PrivateWord> Read(IEnumerable<string> lines) =>
        [.. lines.Where(l => l.Length > 0 && !l.StartsWith('#')).Select(Parse)];

    private const string NamePrefix = "name:";

    private static PrivateWord Parse(string line)
    {
        if (line.Split('\t') is not [var forms, { Length: > 0 } replacement, var permitted])
            throw new FormatException($"'{line}': write forms, replacement and permitted uses, divided by tabs");
        var paths = new List<string>();
        var phrases = new List<string>();
        foreach (var use in permitted.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var reason = use.LastIndexOf(" (", StringComparison.Ordinal);
            if (reason < 0 || !use.EndsWith(')'))
                throw new FormatException($"'{use}': write the reason behind it in parentheses");
            var text = use[..reason];
            if (text.StartsWith('"'))
                phrases.Add(text.Trim('"'));
            else
                paths.Add(text);
        }
        var isName = forms.StartsWith(NamePrefix, StringComparison.Ordinal);
        if (isName)
            forms = forms[NamePrefix.Length..];
        return new([.. forms.Split(',', StringSplitOptions.TrimEntries).Select(f => f.Split(' '))], isName, replacement, paths, phrases);
    }
}
