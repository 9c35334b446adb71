namespace NetPol.Kubernetes.Reading;

/// <summary>Guesses which known word a person meant.</summary>
internal static class Suggestion
{
    private const int LongestWord = 64;

    /// <summary>
    /// The closest of <paramref name="known"/>, the first in ordinal order of equally close ones. Close is at most one edit in four
    /// letters, with letter case not counting. Null when none is close.
    /// </summary>
    public static string? For(string word, IEnumerable<string> known)
    {
        if (word.Length > LongestWord)
            return null;
        return known
            .Select(k => (Word: k, Distance: Distance(word.ToUpperInvariant(), k.ToUpperInvariant())))
            .Where(c => c.Distance <= Math.Max(word.Length, c.Word.Length) / 4)
            .OrderBy(c => c.Distance)
            .ThenBy(c => c.Word, StringComparer.Ordinal)
            .FirstOrDefault()
            .Word;
    }

    /// <summary>Insertions, deletions, replacements and swaps of neighbours that lead from one to the other.</summary>
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
