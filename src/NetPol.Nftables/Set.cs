namespace NetPol.Nftables;

/// <summary>A named set, or a named verdict map, without its elements.</summary>
public sealed record Set
{
    public required string Name { get; init; }

    public required KeyType Key { get; init; }

    /// <summary>Whether elements carry verdicts: what nft calls a map of type verdict.</summary>
    public bool IsVerdictMap { get; init; }

    /// <summary>Whether an element can be a range. The ranges of one set must not overlap.</summary>
    public bool IsInterval { get; init; }

    /// <summary>Whether elements leave by themselves after a time. They are nobody's wanted state: they are not compared.</summary>
    public bool HasTimeouts { get; init; }

    /// <summary>The most elements that the set takes; 0 for no limit. A transaction that adds more fails with ENFILE. Elements whose time is over count until the kernel collects them, within seconds.</summary>
    public uint Size { get; init; }

    /// <summary>Found in the kernel: of a kind, or with elements of a kind, that is not written here. Its key means nothing and it has no elements here.</summary>
    public bool IsForeign { get; init; }

    /// <summary>For people, at most <see cref="CommentText.MaxBytes"/> bytes; null for none. Fixed when the set is created.</summary>
    public string? Comment { get; init; }

    /// <summary>Whether packets are judged alike by both, elements apart: all but the comment.</summary>
    public bool WorksLike(Set other) => this with { Comment = null } == other with { Comment = null };
}
