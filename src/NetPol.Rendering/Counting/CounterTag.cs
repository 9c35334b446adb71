using NetPol.Model;
using NetPol.Model.Rules;

namespace NetPol.Rendering.Counting;

/// <summary>
/// The series that a decision's counter counts for, at every level. The counter carries it in the kernel, so that what it counted
/// can be told when nobody knows the decision any more.
/// </summary>
public sealed record CounterTag
{
    private static readonly SeriesLevel[] Levels = Enum.GetValues<SeriesLevel>();

    private readonly ValueArray<SeriesId> _ids;

    private CounterTag(ValueArray<SeriesId> ids) => _ids = ids;

    /// <summary>All series, of all levels.</summary>
    public IEnumerable<SeriesId> All => _ids;

    public static CounterTag Of(Decision decision) => new(Levels.SelectMany(level => Series.Of(decision, level)).Select(s => s.Id).ToValueArray());

    /// <summary>Null when it is no tag: somebody else's, or that of another version.</summary>
    public static CounterTag? Parse(string? text)
    {
        var length = text?.Length ?? 0;
        if (length == 0 || length % (SeriesId.ShortLength * Levels.Length) != 0)
            return null;
        var ids = new SeriesId[length / SeriesId.ShortLength];
        for (var i = 0; i < ids.Length; i++)
        {
            if (SeriesId.ParseShort(text.AsSpan(i * SeriesId.ShortLength, SeriesId.ShortLength)) is not { } id)
                return null;
            ids[i] = id;
        }
        return new(ids.ToValueArray());
    }

    /// <summary>The series of one level.</summary>
    public IEnumerable<SeriesId> AtLevel(SeriesLevel level)
    {
        var each = _ids.Count / Levels.Length;
        return _ids.Skip((int)level * each).Take(each);
    }

    /// <summary>At most 120 characters: with the longest comment it fits the 256 bytes that the kernel keeps for a counter.</summary>
    public override string ToString() => string.Concat(_ids.Select(id => id.ToShortString()));
}
