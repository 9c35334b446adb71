namespace NetPol.Compiler.Using;

/// <summary>What all walks together say about a rule or a policy.</summary>
internal sealed class ItemFacts
{
    /// <summary>Whether it matches some peer.</summary>
    public bool HasPeer { get; set; }

    /// <summary>Whether it matches some peer on some port.</summary>
    public bool HasPort { get; set; }

    /// <summary>Whether it decides or passes on anything; of a policy, also by isolating.</summary>
    public bool Decides { get; set; }

    /// <summary>The rules that take its ports before it.</summary>
    public SortedSet<int> Before { get; } = [];

    /// <summary>The rules that decide without it what it decides.</summary>
    public SortedSet<int> Instead { get; } = [];

    /// <summary>The policies that isolate without it where it decides.</summary>
    public SortedSet<int> Isolation { get; } = [];

    /// <summary>Whether without it something that it decides is allowed by default.</summary>
    public bool ByDefault { get; set; }

    /// <summary>Whether without it its side would allow something else; if it does not matter, the other side denies that.</summary>
    public bool ByOtherSide { get; set; }
}
