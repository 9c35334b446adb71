namespace NetPol.Compiler.Budgets;

/// <summary>Compares lists of numbers by content.</summary>
internal sealed class TraitSets : IEqualityComparer<int[]>
{
    public static TraitSets Comparer { get; } = new();

    public bool Equals(int[]? x, int[]? y) => ReferenceEquals(x, y) || (x is not null && y is not null && x.AsSpan().SequenceEqual(y));

    public int GetHashCode(int[] obj)
    {
        var hash = new HashCode();
        foreach (var number in obj)
            hash.Add(number);
        return hash.ToHashCode();
    }
}
