using System.Buffers.Binary;
using System.Collections;

namespace NetPol.Nftables;

/// <summary>
/// The bytes of a set's key as the kernel compares them: the fields in network order, each padded with zeros to a multiple of four inside a
/// concatenation; what lies behind the key's length is zero. Ordered bytewise.
/// </summary>
/// <param name="High">Bytes 0 to 15, big-endian.</param>
/// <param name="Low">Bytes 16 to 31, big-endian.</param>
public readonly record struct ElementKey(UInt128 High, UInt128 Low) : IComparable<ElementKey>
{
    /// <summary>The longest key, in bytes.</summary>
    public const int MaxLength = 32;

    public static bool operator <(ElementKey left, ElementKey right) => left.CompareTo(right) < 0;

    public static bool operator >(ElementKey left, ElementKey right) => left.CompareTo(right) > 0;

    public static bool operator <=(ElementKey left, ElementKey right) => left.CompareTo(right) <= 0;

    public static bool operator >=(ElementKey left, ElementKey right) => left.CompareTo(right) >= 0;

    /// <summary>From at most <see cref="MaxLength"/> bytes.</summary>
    public static ElementKey FromBytes(ReadOnlySpan<byte> bytes)
    {
        Span<byte> all = stackalloc byte[MaxLength];
        bytes.CopyTo(all);
        return new(BinaryPrimitives.ReadUInt128BigEndian(all), BinaryPrimitives.ReadUInt128BigEndian(all[16..]));
    }

    /// <summary>Writes the first bytes of the key, as many as <paramref name="destination"/> holds.</summary>
    public void WriteBytes(Span<byte> destination)
    {
        Span<byte> all = stackalloc byte[MaxLength];
        BinaryPrimitives.WriteUInt128BigEndian(all, High);
        BinaryPrimitives.WriteUInt128BigEndian(all[16..], Low);
        all[..destination.Length].CopyTo(destination);
    }

    public int CompareTo(ElementKey other)
    {
        var byHigh = High.CompareTo(other.High);
        return byHigh != 0 ? byHigh : Low.CompareTo(other.Low);
    }
}

/// <summary>
/// An element of a set: the keys from <paramref name="First"/> to <paramref name="Last"/>, field by field and both included, and for a
/// verdict map what they lead to. Outside interval sets the two are equal. Ordered by first key.
/// </summary>
public readonly record struct Element(ElementKey First, ElementKey Last, PacketVerdict Verdict)
{
    /// <summary>An element of a plain set.</summary>
    public static Element Create(ElementKey key) => new(key, key, default);

    /// <summary>An element of a verdict map.</summary>
    public static Element Create(ElementKey key, PacketVerdict verdict) => new(key, key, verdict);
}

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
    public static ElementList Create(IEnumerable<Element> elements)
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

    /// <summary>Returns the elements to remove and to add to get from this list to <paramref name="wanted"/>, in one pass over both.</summary>
    public (ElementList Removed, ElementList Added) DiffTo(ElementList wanted)
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
