using System.Collections.Immutable;

namespace NetPol.Nftables;

/// <summary>
/// The whole content of one table of the family inet. A value: equal when every object in it is equal, comments included, counts not.
/// The dictionaries are by name, ordinally.
/// </summary>
public sealed class TableState : IEquatable<TableState>
{
    public TableState(string name, string? comment, IEnumerable<Counter> counters, IEnumerable<SetState> sets, IEnumerable<ChainState> chains)
    {
        Name = name;
        Comment = comment;
        Counters = counters.ToImmutableSortedDictionary(c => c.Name, c => c, StringComparer.Ordinal);
        Sets = sets.ToImmutableSortedDictionary(s => s.Set.Name, s => s, StringComparer.Ordinal);
        Chains = chains.ToImmutableSortedDictionary(c => c.Chain.Name, c => c, StringComparer.Ordinal);
    }

    public string Name { get; }

    /// <summary>For people; null for none.</summary>
    public string? Comment { get; }

    /// <summary>Found in the kernel: somebody has taken its base chains out of the packets' way.</summary>
    public bool IsDormant { get; init; }

    public ImmutableSortedDictionary<string, Counter> Counters { get; }

    public ImmutableSortedDictionary<string, SetState> Sets { get; }

    public ImmutableSortedDictionary<string, ChainState> Chains { get; }

    public bool Equals(TableState? other) =>
        other is not null && string.Equals(Name, other.Name, StringComparison.Ordinal) &&
        string.Equals(Comment, other.Comment, StringComparison.Ordinal) && IsDormant == other.IsDormant &&
        Counters.SequenceEqual(other.Counters) && Sets.SequenceEqual(other.Sets) && Chains.SequenceEqual(other.Chains);

    public override bool Equals(object? obj) => Equals(obj as TableState);

    public override int GetHashCode() => HashCode.Combine(Name, Counters.Count, Sets.Count, Chains.Count);

    /// <summary>The text form, see <see cref="NftText.Write(TableState, TableFamily)"/>.</summary>
    public override string ToString() => NftText.Write(this);
}
