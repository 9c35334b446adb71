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
    public static string? Of(string? text) => text is null || !IsAnyEscaped(text, keepsControls: false) ? text : Escape(text, keepsControls: false);

    /// <summary>As <see cref="Of"/>, but keeps line feeds, tabs and terminal escape sequences, for the output of a program that writes them itself.</summary>
    public static string OfOutput(ReadOnlySpan<char> text) => IsAnyEscaped(text, keepsControls: true) ? Escape(text, keepsControls: true) : text.ToString();

    /// <summary>Whether <see cref="OfOutput"/> changes the text.</summary>
    public static bool IsChangedForOutput(ReadOnlySpan<char> text) => IsAnyEscaped(text, keepsControls: true);

    private static bool IsAnyEscaped(ReadOnlySpan<char> text, bool keepsControls)
    {
        while (!text.IsEmpty)
        {
            var status = Rune.DecodeFromUtf16(text, out var rune, out var length);
            if (status != OperationStatus.Done || IsEscaped(rune, keepsControls))
                return true;
            text = text[length..];
        }
        return false;
    }

    private static string Escape(ReadOnlySpan<char> text, bool keepsControls)
    {
        var escaped = new StringBuilder(text.Length + 16);
        while (!text.IsEmpty)
        {
            var status = Rune.DecodeFromUtf16(text, out var rune, out var length);
            var units = text[..length];
            if (status == OperationStatus.Done && !IsEscaped(rune, keepsControls))
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

    private static bool IsEscaped(Rune rune, bool keepsControls) => Rune.GetUnicodeCategory(rune) switch
    {
        // The second half of the control characters, U+0080 to U+009F, writes no line but begins escape sequences.
        UnicodeCategory.Control => !keepsControls || !rune.IsAscii,
        UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => true,
        _ => false,
    };
}
