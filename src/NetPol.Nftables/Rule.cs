namespace NetPol.Nftables;

/// <summary>Statements that a packet goes through until one does not match. A value. As text, a line of nft without its chain.</summary>
public sealed class Rule : IEquatable<Rule>
{
    private readonly Statement[] _statements;

    public Rule(params IEnumerable<Statement> statements) => _statements = [.. statements];

    public IReadOnlyList<Statement> Statements => _statements;

    /// <summary>For people; null for none.</summary>
    public string? Comment { get; init; }

    public bool Equals(Rule? other) =>
        other is not null && string.Equals(Comment, other.Comment, StringComparison.Ordinal) && _statements.AsSpan().SequenceEqual(other._statements);

    public override bool Equals(object? obj) => Equals(obj as Rule);

    public override int GetHashCode() => HashCode.Combine(Comment, _statements.Length, _statements.Length == 0 ? null : _statements[^1]);

    public override string ToString() => string.Join(' ', _statements.Select(s => s.ToString())) + (Comment is null ? "" : $" comment \"{Comment}\"");
}
