using System.Text;

namespace NetPol.Nftables;

/// <summary>What nft can read and print as a comment.</summary>
public static class CommentText
{
    /// <summary>The longest comment, in bytes of UTF-8; nft refuses to print longer ones.</summary>
    public const int MaxBytes = 127;

    /// <summary>
    /// Turns any text into a comment: quotes become apostrophes and control characters blanks; what is too long ends in <c>...</c>.
    /// </summary>
    public static string From(string text)
    {
        var clean = string.Create(text.Length, text, static (span, source) =>
        {
            for (var i = 0; i < span.Length; i++)
                span[i] = source[i] == '"' ? '\'' : char.IsControl(source[i]) ? ' ' : source[i];
        });
        if (Encoding.UTF8.GetByteCount(clean) <= MaxBytes)
            return clean;
        var (length, bytes) = (0, 0);
        foreach (var rune in clean.EnumerateRunes())
        {
            if (bytes + rune.Utf8SequenceLength > MaxBytes - 3)
                break;
            (length, bytes) = (length + rune.Utf16SequenceLength, bytes + rune.Utf8SequenceLength);
        }
        return clean[..length] + "...";
    }
}
