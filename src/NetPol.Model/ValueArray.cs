using System.Collections;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;

namespace NetPol.Model;

/// <summary>
/// An immutable array that compares by content, so that records with such arrays are values.
/// <c>default</c> is the empty array. Two arrays are equal when their elements are equal in the same order.
/// </summary>
[CollectionBuilder(typeof(ValueArray), nameof(ValueArray.Create))]
public readonly struct ValueArray<T> : IReadOnlyList<T>, IEquatable<ValueArray<T>>
{
    private readonly T[]? _items;

    internal ValueArray(T[] items) => _items = items;

    public int Count => Items.Length;

    public bool IsEmpty => Items.Length == 0;

    public T this[int index] => Items[index];

    /// <summary>The elements in order, without a copy.</summary>
    public ReadOnlySpan<T> Span => Items;

    private T[] Items => _items ?? [];

    public static bool operator ==(ValueArray<T> left, ValueArray<T> right) => left.Equals(right);

    public static bool operator !=(ValueArray<T> left, ValueArray<T> right) => !left.Equals(right);

    public bool Equals(ValueArray<T> other) =>
        ReferenceEquals(_items, other._items) || Span.SequenceEqual(other.Span, EqualityComparer<T>.Default);

    public override bool Equals(object? obj) => obj is ValueArray<T> other && Equals(other);

    public override int GetHashCode()
    {
        var hash = new HashCode();
        foreach (var item in Items)
            hash.Add(item);
        return hash.ToHashCode();
    }

    public ReadOnlySpan<T>.Enumerator GetEnumerator() => Span.GetEnumerator();

    IEnumerator<T> IEnumerable<T>.GetEnumerator() => ((IEnumerable<T>)Items).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => Items.GetEnumerator();

    public override string ToString() => $"[{string.Join(", ", Items)}]";
}

/// <summary>Creates <see cref="ValueArray{T}"/>s.</summary>
public static class ValueArray
{
    /// <summary>A copy of the elements.</summary>
    public static ValueArray<T> Create<T>(ReadOnlySpan<T> items) => new(items.ToArray());

    /// <summary>Wraps the array without a copy. The caller must not write to it again.</summary>
    public static ValueArray<T> Own<T>(T[] items) => new(items);

    public static ValueArray<T> ToValueArray<T>(this IEnumerable<T> items) => new(items.ToArray());

    /// <summary>A copy of an immutable array.</summary>
    public static ValueArray<T> ToValueArray<T>(this ImmutableArray<T> items) => new([.. items]);
}
