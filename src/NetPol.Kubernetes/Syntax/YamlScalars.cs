using System.Globalization;
using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace NetPol.Kubernetes.Syntax;

/// <summary>Resolves the type of an unquoted YAML scalar by YAML 1.1, which the tools of the API server use.</summary>
internal static partial class YamlScalars
{
    public static ScalarType Resolve(string text)
    {
        if (text.Length == 0 || text is "~" or "null" or "Null" or "NULL")
            return ScalarType.Null;
        if (TryParseBoolean(text, out _))
            return ScalarType.Boolean;
        if (!char.IsAsciiDigit(text[0]) && text[0] is not ('-' or '+' or '.'))
            return ScalarType.Text;
        if (Integer().IsMatch(text))
            return ScalarType.Integer;
        return Float().IsMatch(text) ? ScalarType.Float : ScalarType.Text;
    }

    public static bool TryParseBoolean(string text, out bool value)
    {
        value = text is "true" or "True" or "TRUE" or "yes" or "Yes" or "YES" or "on" or "On" or "ON" or "y" or "Y";
        return value || text is "false" or "False" or "FALSE" or "no" or "No" or "NO" or "off" or "Off" or "OFF" or "n" or "N";
    }

    /// <summary>The value of an <see cref="ScalarType.Integer"/>; false when it does not fit.</summary>
    public static bool TryParseInteger(string text, out long value)
    {
        var digits = text.Replace("_", "", StringComparison.Ordinal).TrimStart('+');
        var negative = digits.StartsWith('-');
        digits = digits.TrimStart('-');
        var (radix, prefix) = digits switch
        {
            ['0', 'x' or 'X', ..] => (16, 2),
            ['0', 'b' or 'B', ..] => (2, 2),
            ['0', 'o' or 'O', ..] => (8, 2),
            ['0', _, ..] => (8, 1),
            _ => (10, 0),
        };
        value = 0;
        foreach (var digit in digits.AsSpan(prefix))
        {
            if (value > (long.MaxValue >> 5))
                return false;
            value = (value * radix) + int.Parse([digit], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        }
        value = negative ? -value : value;
        return true;
    }

    [GeneratedRegex(@"^[-+]?(0|[1-9][0-9_]*|0[0-7_]+|0x[0-9a-fA-F_]+|0X[0-9a-fA-F_]+|0b[01_]+|0o[0-7_]+)$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Integer();

    [GeneratedRegex(@"^[-+]?((\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|\.(inf|Inf|INF))$|^\.(nan|NaN|NAN)$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Float();
}

/// <summary>Finds tabs where kubectl takes spaces only: in indentation, and between an indicator such as a dash and what it begins.</summary>
internal sealed partial class YamlTabs(string text)
{
    public const string Advice = "a tab stands where only spaces may: indent with spaces, never with tabs";

    /// <summary>Lines inside of values, where tabs are content, or between brackets, where they are blanks.</summary>
    private readonly HashSet<int> _exemptLines = [];
    private readonly Stack<int> _flows = new();
    private bool _isComplete;

    /// <summary>Takes notice of the next event of the text.</summary>
    public void Track(ParsingEvent next)
    {
        switch (next)
        {
            case Scalar scalar:
                ExemptLines((int)scalar.Start.Line, scalar.End);
                break;
            case MappingStart { Style: MappingStyle.Flow } or SequenceStart { Style: SequenceStyle.Flow }:
                _flows.Push((int)next.Start.Line);
                break;
            case MappingStart or SequenceStart:
                _flows.Push(0);
                break;
            case StreamEnd:
                _isComplete = true;
                break;
            case MappingEnd or SequenceEnd when _flows.Pop() is > 0 and var start:
                ExemptLines(start, next.End);
                break;
            default:
                break;
        }
    }

    /// <summary>The first line, from 1, with such a tab; null when there is none, or the text is at fault otherwise.</summary>
    public int? FindMisplaced()
    {
        if (!_isComplete || !text.Contains('\t', StringComparison.Ordinal))
            return null;
        var number = 0;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            number++;
            if (Misplaced().IsMatch(line) && !_exemptLines.Contains(number))
                return number;
        }
        return null;
    }

    /// <summary>The first line from <paramref name="from"/> on whose indentation has a tab; null when there is none.</summary>
    public static int? FindInIndentation(string text, int from)
    {
        var number = 0;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            if (++number >= from && Misplaced().IsMatch(line))
                return number;
        }
        return null;
    }

    private void ExemptLines(int start, Mark end)
    {
        for (var line = start + 1; line < end.Line || (line == end.Line && end.Column > 1); line++)
            _exemptLines.Add(line);
    }

    [GeneratedRegex(@"^\x20*([-?:]\x20+)*[-?:]?\t", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Misplaced();
}
