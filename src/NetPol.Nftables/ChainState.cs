namespace NetPol.Nftables;

/// <summary>A chain and its rules in order. A value.</summary>
public sealed class ChainState : IEquatable<ChainState>
{
    private readonly Rule[] _rules;

    public ChainState(Chain chain, params IEnumerable<Rule> rules)
    {
        Chain = chain;
        _rules = [.. rules];
    }

    public Chain Chain { get; }

    public IReadOnlyList<Rule> Rules => _rules;

    /// <summary>Whether both have the same rules in the same order.</summary>
    public bool RulesEqual(ChainState other) => _rules.AsSpan().SequenceEqual(other._rules);

    public bool Equals(ChainState? other) => other is not null && Chain == other.Chain && RulesEqual(other);

    public override bool Equals(object? obj) => Equals(obj as ChainState);

    public override int GetHashCode() => HashCode.Combine(Chain, _rules.Length);
}
