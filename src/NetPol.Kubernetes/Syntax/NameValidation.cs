using System.Text.RegularExpressions;

namespace NetPol.Kubernetes.Syntax;

/// <summary>The API's rules for names, labels and ports. Each check gives what is wrong and what to write, or null when all is well.</summary>
internal static partial class NameValidation
{
    /// <summary>RFC 1123 label: the name of a namespace.</summary>
    public static string? CheckNamespaceName(string name) =>
        name.Length <= 63 && Label().IsMatch(name) ? null
            : "a namespace's name has at most 63 characters, lower-case letters, digits and dashes, with a letter or digit at both ends";

    /// <summary>RFC 1123 subdomain: the name of most objects.</summary>
    public static string? CheckObjectName(string name) =>
        IsSubdomain(name) ? null
            : "a name has at most 253 characters, lower-case letters, digits, dashes and dots, with a letter or digit at both ends and beside each dot";

    public static string? CheckLabelKey(string key)
    {
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        if (slash >= 0 && !IsSubdomain(key[..slash]))
            return "the part of a label's key before the slash is a DNS name in lower case";
        return IsLabelWord(key[(slash + 1)..]) ? null
            : "a label's key has at most 63 letters, digits, dashes, underscores and dots, with a letter or digit at both ends, and may have a DNS name and a slash before them";
    }

    public static string? CheckLabelValue(string value) =>
        value.Length == 0 || IsLabelWord(value) ? null
            : "a label's value has at most 63 letters, digits, dashes, underscores and dots, with a letter or digit at both ends";

    /// <summary>RFC 6335 service name, in lower case.</summary>
    public static string? CheckPortName(string name)
    {
        var sound = name.Length is > 0 and <= 15 && PortWord().IsMatch(name) && name.Any(char.IsAsciiLetterLower) &&
            !name.Contains("--", StringComparison.Ordinal);
        return sound ? null
            : "a port's name has 1 to 15 lower-case letters, digits and single dashes, at least one letter, and a letter or digit at both ends";
    }

    /// <summary>A domain name, or <c>*.</c> and a domain name (NPEP-133); a dot may end it.</summary>
    public static string? CheckDomainName(string name) =>
        name.Length <= 253 && Domain().IsMatch(name) ? null
            : "write a domain name such as example.com, or *.example.com for every name below it";

    private static bool IsSubdomain(string name) => name.Length is > 0 and <= 253 && name.Split('.').All(p => Label().IsMatch(p));

    private static bool IsLabelWord(string word) => word.Length <= 63 && LabelWord().IsMatch(word);

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]*[a-z0-9])?\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Label();

    [GeneratedRegex(@"^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex LabelWord();

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]*[a-z0-9])?\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex PortWord();

    [GeneratedRegex(@"^(\*\.)?([a-zA-Z0-9]([-a-zA-Z0-9_]*[a-zA-Z0-9])?\.)+[a-zA-Z0-9]([-a-zA-Z0-9_]*[a-zA-Z0-9])?\.?\z", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Domain();
}

/// <summary>Guesses which known word a person intended.</summary>
internal static class SpellingSuggestion
{
    private const int MaxWordLength = 64;

    /// <summary>
    /// The closest of <paramref name="known"/>, the first in ordinal order of equally close ones. Close is at most one edit in four
    /// letters, with letter case not counting. Null when none is close.
    /// </summary>
    public static string? Find(string word, IEnumerable<string> known)
    {
        if (word.Length > MaxWordLength)
            return null;
        return known
            .Select(k => (Word: k, Distance: Distance(word.ToUpperInvariant(), k.ToUpperInvariant())))
            .Where(c => c.Distance <= Math.Max(word.Length, c.Word.Length) / 4)
            .OrderBy(c => c.Distance)
            .ThenBy(c => c.Word, StringComparer.Ordinal)
            .FirstOrDefault()
            .Word;
    }

    /// <summary>Returns the edit distance: insertions, deletions, replacements and swaps of neighbors.</summary>
    private static int Distance(string from, string to)
    {
        var beforeLast = new int[to.Length + 1];
        var last = Enumerable.Range(0, to.Length + 1).ToArray();
        for (var i = 1; i <= from.Length; i++)
        {
            var row = new int[to.Length + 1];
            row[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                var replaced = last[j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
                row[j] = Math.Min(replaced, Math.Min(last[j], row[j - 1]) + 1);
                if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
                    row[j] = Math.Min(row[j], beforeLast[j - 2] + 1);
            }
            (beforeLast, last) = (last, row);
        }
        return last[to.Length];
    }
}
