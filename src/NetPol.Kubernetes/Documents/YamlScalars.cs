using System.Globalization;
using System.Text.RegularExpressions;

namespace NetPol.Kubernetes.Documents;

/// <summary>What an unquoted YAML scalar is, in the YAML 1.1 reading that the API server's tools use.</summary>
internal static partial class YamlScalars
{
    public static ScalarKind Resolve(string text)
    {
        if (text.Length == 0 || text is "~" or "null" or "Null" or "NULL")
            return ScalarKind.Null;
        if (IsFlag(text, out _))
            return ScalarKind.Flag;
        if (!char.IsAsciiDigit(text[0]) && text[0] is not ('-' or '+' or '.'))
            return ScalarKind.Text;
        if (Integer().IsMatch(text))
            return ScalarKind.Integer;
        return Fraction().IsMatch(text) ? ScalarKind.Fraction : ScalarKind.Text;
    }

    public static bool IsFlag(string text, out bool value)
    {
        value = text is "true" or "True" or "TRUE" or "yes" or "Yes" or "YES" or "on" or "On" or "ON" or "y" or "Y";
        return value || text is "false" or "False" or "FALSE" or "no" or "No" or "NO" or "off" or "Off" or "OFF" or "n" or "N";
    }

    /// <summary>The value of an <see cref="ScalarKind.Integer"/>; false when it does not fit.</summary>
    public static bool TryInteger(string text, out long value)
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
    private static partial Regex Fraction();
}
