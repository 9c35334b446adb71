using System.Text.RegularExpressions;

namespace NetPol.Architecture.Tests;

/// <summary>Finds private words in text and in identifiers: <c>peer class</c> matches <c>PeerClass</c>, <c>peer_class</c>, <c>peer-class</c> and <c>peer class</c>, also across a line break.</summary>
internal sealed partial class PrivateWordChecker
{
    private readonly Dictionary<string, List<(string[] Form, PrivateWord Word)>> _byFirst = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Regex> _globs = new(StringComparer.Ordinal);

    public PrivateWordChecker(IEnumerable<PrivateWord> words)
    {
        foreach (var word in words)
        {
            foreach (var form in word.Forms)
            {
                if (!_byFirst.TryGetValue(form[0], out var list))
                    _byFirst[form[0]] = list = [];
                list.Add((form, word));
            }
            foreach (var glob in word.PermittedPaths)
                _globs[glob] = new Regex("^" + Regex.Escape(glob).Replace(@"\*\*", ".*", StringComparison.Ordinal).Replace(@"\*", "[^/]*", StringComparison.Ordinal) + "$", RegexOptions.None, TimeSpan.FromSeconds(1));
        }
    }

    /// <summary>The uses that are not permitted, in the order of the text.</summary>
    public IEnumerable<PrivateWordUse> Check(string path, string text)
    {
        var names = path.EndsWith(".cs", StringComparison.Ordinal) ? NotNames().Replace(text, m => new string(' ', m.Length)) : "";
        var tokens = Token().Matches(text);
        var line = 1;
        var counted = 0;
        for (var i = 0; i < tokens.Count; i++)
        {
            if (!_byFirst.TryGetValue(tokens[i].Value.ToLowerInvariant(), out var candidates))
                continue;
            line += text.AsSpan(counted, tokens[i].Index - counted).Count('\n');
            counted = tokens[i].Index;
            foreach (var (form, word) in candidates)
            {
                if (word.IsName && (names.Length == 0 || names[counted] == ' '))
                    continue;
                if (Matches(text, tokens, i, form) && !IsPermitted(word, path, text, counted))
                    yield return new(path, line, string.Join(' ', form), word.Replacement);
            }
        }
    }

    private static bool Matches(string text, MatchCollection tokens, int start, string[] form)
    {
        for (var i = 1; i < form.Length; i++)
        {
            if (start + i >= tokens.Count || !tokens[start + i].Value.Equals(form[i], StringComparison.OrdinalIgnoreCase))
                return false;
            var end = tokens[start + i - 1].Index + tokens[start + i - 1].Length;
            foreach (var between in text.AsSpan(end, tokens[start + i].Index - end))
            {
                if (!char.IsWhiteSpace(between) && between is not ('_' or '-' or '/' or '#'))
                    return false;
            }
        }
        return true;
    }

    private bool IsPermitted(PrivateWord word, string path, string text, int index)
    {
        if (word.PermittedPaths.Any(g => _globs[g].IsMatch(path)))
            return true;
        foreach (var phrase in word.PermittedPhrases)
        {
            var from = Math.Max(0, index - phrase.Length + 1);
            var at = text.IndexOf(phrase, from, Math.Min(text.Length, index + phrase.Length) - from, StringComparison.Ordinal);
            if (at >= 0 && at <= index)
                return true;
        }
        return false;
    }

    [GeneratedRegex("[A-Z]+(?![a-z])|[A-Z]?[a-z]+", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Token();

    /// <summary>Comments and literals of C#.</summary>
    [GeneratedRegex(""""(//[^\n]*)|/\*.*?\*/|"{3}.*?"{3}|@"([^"]|"")*"|"(\\.|[^"\\\n])*"|'(\\.|[^'\\\n])+'"""", RegexOptions.Singleline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex NotNames();
}

/// <summary>A private word at a place.</summary>
internal sealed record PrivateWordUse(string Path, int Line, string Word, string Replacement)
{
    public override string ToString() => $"{Path}:{Line}: '{Word}': write {Replacement}";
}
