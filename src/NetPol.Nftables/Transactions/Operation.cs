namespace NetPol.Nftables.Transactions;

/// <summary>One change inside a table. The nested types are all there are. What is added must not be there yet; what is deleted must be.</summary>
public abstract record Operation
{
    private Operation()
    {
    }

    public sealed record AddTable(string? Comment) : Operation;

    /// <summary>Makes a dormant table judge again.</summary>
    public sealed record WakeTable : Operation;

    /// <summary>Removes the table with everything in it.</summary>
    public sealed record DeleteTable : Operation;

    /// <summary>The counter counts on from the given numbers.</summary>
    public sealed record AddCounter(Counter Counter, ulong Packets = 0, ulong Bytes = 0) : Operation;

    /// <summary>Fails with EBUSY while a rule names the counter.</summary>
    public sealed record DeleteCounter(string Name) : Operation;

    public sealed record AddChain(Chain Chain) : Operation;

    /// <summary>Removes the chain with its rules; fails with EBUSY while a rule or an element leads to it.</summary>
    public sealed record DeleteChain(string Name) : Operation;

    /// <summary>Removes all rules of the chain.</summary>
    public sealed record FlushChain(string Name) : Operation;

    /// <summary>Appends a rule. What it names must be there.</summary>
    public sealed record AddRule(string Chain, Rule Rule) : Operation;

    public sealed record AddSet(Set Set) : Operation;

    /// <summary>Removes the set with its elements; fails with EBUSY while a rule looks it up.</summary>
    public sealed record DeleteSet(Set Set) : Operation;

    /// <summary>Puts elements into a set. The chains that they lead to must be there.</summary>
    public sealed record AddElements(Set Set, ElementList Elements) : Operation;

    /// <summary>Takes elements out of a set; their verdicts are not looked at.</summary>
    public sealed record DeleteElements(Set Set, ElementList Elements) : Operation;
}
