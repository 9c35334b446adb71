using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace NetPol.Model;

/// <summary>
/// Escapes user text for terminals, pages and logs. Invisible characters and those that change the order of others (Trojan Source, CVE-2021-42574) become <c>\u202E</c>, one group per
/// UTF-16 unit, so that the result is valid inside a JSON string.
/// </summary>
public static class VisibleText
{
    /// <summary>Escapes control, format and separator characters (Unicode categories Cc, Cf, Zl, Zp) and halves of surrogate pairs. Text without them is returned as it is.</summary>
    [return: NotNullIfNotNull(nameof(text))]
    public static string? Escape(string? text) => text is null || !NeedsEscaping(text, keepsControls: false) ? text : EscapeRunes(text, keepsControls: false);

    /// <summary>As <see cref="Escape"/>, but keeps line feeds, tabs and terminal escape sequences, for the output of a program that writes them itself.</summary>
    public static string EscapeOutput(ReadOnlySpan<char> text) => NeedsEscaping(text, keepsControls: true) ? EscapeRunes(text, keepsControls: true) : text.ToString();

    /// <summary>Whether <see cref="EscapeOutput"/> changes the text.</summary>
    public static bool NeedsOutputEscaping(ReadOnlySpan<char> text) => NeedsEscaping(text, keepsControls: true);

    private static bool NeedsEscaping(ReadOnlySpan<char> text, bool keepsControls)
    {
        while (!text.IsEmpty)
        {
            var status = Rune.DecodeFromUtf16(text, out var rune, out var length);
            if (status != OperationStatus.Done || MustEscape(rune, keepsControls))
                return true;
            text = text[length..];
        }
        return false;
    }

    private static string EscapeRunes(ReadOnlySpan<char> text, bool keepsControls)
    {
        var escaped = new StringBuilder(text.Length + 16);
        while (!text.IsEmpty)
        {
            var status = Rune.DecodeFromUtf16(text, out var rune, out var length);
            var units = text[..length];
            if (status == OperationStatus.Done && !MustEscape(rune, keepsControls))
            {
                escaped.Append(units);
            }
            else
            {
                foreach (var unit in units)
                    escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)unit:X4}");
            }
            text = text[length..];
        }
        return escaped.ToString();
    }

    private static bool MustEscape(Rune rune, bool keepsControls) => Rune.GetUnicodeCategory(rune) switch
    {
        // The second half of the control characters, U+0080 to U+009F, writes no line but begins escape sequences.
        UnicodeCategory.Control => !keepsControls || !rune.IsAscii,
        UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => true,
        _ => false,
    };
}
