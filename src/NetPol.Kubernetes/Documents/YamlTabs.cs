using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace NetPol.Kubernetes.Documents;

/// <summary>Finds tabs where kubectl takes spaces only: in indentation, and between an indicator such as a dash and what it begins.</summary>
internal sealed partial class YamlTabs(string text)
{
    public const string Advice = "a tab stands where only spaces may: indent with spaces, never with tabs";

    /// <summary>Lines inside of values, where tabs are content, or between brackets, where they are blanks.</summary>
    private readonly HashSet<int> _free = [];
    private readonly Stack<int> _flows = new();
    private bool _isWhole;

    /// <summary>Takes notice of the next event of the text.</summary>
    public void Add(ParsingEvent next)
    {
        switch (next)
        {
            case Scalar scalar:
                Free((int)scalar.Start.Line, scalar.End);
                break;
            case MappingStart { Style: MappingStyle.Flow } or SequenceStart { Style: SequenceStyle.Flow }:
                _flows.Push((int)next.Start.Line);
                break;
            case MappingStart or SequenceStart:
                _flows.Push(0);
                break;
            case StreamEnd:
                _isWhole = true;
                break;
            case MappingEnd or SequenceEnd when _flows.Pop() is > 0 and var start:
                Free(start, next.End);
                break;
            default:
                break;
        }
    }

    /// <summary>The first line, from 1, with such a tab; null when there is none, or the text is at fault otherwise.</summary>
    public int? FirstMisplaced()
    {
        if (!_isWhole || !text.Contains('\t', StringComparison.Ordinal))
            return null;
        var number = 0;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            number++;
            if (Misplaced().IsMatch(line) && !_free.Contains(number))
                return number;
        }
        return null;
    }

    /// <summary>The first line from <paramref name="from"/> on whose indentation has a tab; null when there is none.</summary>
    public static int? FirstInIndentation(string text, int from)
    {
        var number = 0;
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            if (++number >= from && Misplaced().IsMatch(line))
                return number;
        }
        return null;
    }

    private void Free(int start, Mark end)
    {
        for (var line = start + 1; line < end.Line || (line == end.Line && end.Column > 1); line++)
            _free.Add(line);
    }

    [GeneratedRegex(@"^\x20*([-?:]\x20+)*[-?:]?\t", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Misplaced();
}
