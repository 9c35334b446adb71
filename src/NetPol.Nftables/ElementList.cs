using System.Collections;

namespace NetPol.Nftables;

/// <summary>Elements in the order of their keys, in one array. A value: two lists of the same elements are equal.</summary>
public sealed class ElementList : IReadOnlyList<Element>, IEquatable<ElementList>
{
    private readonly Element[] _sorted;

    private ElementList(Element[] sorted) => _sorted = sorted;

    public static ElementList Empty { get; } = new([]);

    public int Count => _sorted.Length;

    public Element this[int index] => _sorted[index];

    /// <summary>The elements in order, without a copy.</summary>
    public ReadOnlySpan<Element> Span => _sorted;

    /// <summary>Copies and sorts. Duplicates stay: the kernel refuses them.</summary>
    public static ElementList Of(IEnumerable<Element> elements)
    {
        var sorted = elements.ToArray();
        if (sorted.Length == 0)
            return Empty;
        if (!IsSorted(sorted))
            Array.Sort(sorted, Compare);
        return new(sorted);
    }

    /// <summary>Some elements in a row; all of them without a copy.</summary>
    /// <param name="start">The index of the first.</param>
    /// <param name="count">How many.</param>
    public ElementList Slice(int start, int count) => count == Count ? this : count == 0 ? Empty : new(_sorted[start..(start + count)]);

    /// <summary>What must leave and what must come to turn this list into <paramref name="wanted"/>; one pass over both.</summary>
    public (ElementList Removed, ElementList Added) DifferenceTo(ElementList wanted)
    {
        List<Element> removed = [], added = [];
        int i = 0, j = 0;
        while (i < Count || j < wanted.Count)
        {
            var order = i == Count ? 1 : j == wanted.Count ? -1 : Compare(in _sorted[i], in wanted._sorted[j]);
            if (order == 0 && _sorted[i] == wanted._sorted[j])
            {
                i++;
                j++;
            }
            else if (order <= 0)
            {
                removed.Add(_sorted[i++]);
                if (order == 0)
                    added.Add(wanted._sorted[j++]);
            }
            else
            {
                added.Add(wanted._sorted[j++]);
            }
        }
        return (removed.Count == 0 ? Empty : new([.. removed]), added.Count == 0 ? Empty : new([.. added]));
    }

    public bool Equals(ElementList? other) => other is not null && Span.SequenceEqual(other.Span);

    public override bool Equals(object? obj) => Equals(obj as ElementList);

    public override int GetHashCode() => HashCode.Combine(Count, Count == 0 ? default : _sorted[0]);

    public IEnumerator<Element> GetEnumerator() => ((IEnumerable<Element>)_sorted).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => _sorted.GetEnumerator();

    private static bool IsSorted(ReadOnlySpan<Element> elements)
    {
        for (var i = 1; i < elements.Length; i++)
        {
            if (Compare(in elements[i - 1], in elements[i]) > 0)
                return false;
        }
        return true;
    }

    private static int Compare(Element left, Element right) => Compare(in left, in right);

    private static int Compare(in Element left, in Element right)
    {
        var byFirst = left.First.CompareTo(right.First);
        return byFirst != 0 ? byFirst : left.Last.CompareTo(right.Last);
    }
}
