using NetPol.Nftables;
using NetPol.Nftables.Transactions;

namespace NetPol.Rendering;

/// <summary>
/// Changes of a table in any order, put into the one order that the kernel accepts: what is named is there before what names it, and
/// leaves after it. New sets are filled before rules look them up, which spares the kernel a check per element.
/// </summary>
internal sealed class OrderedChanges
{
    public List<Counter> NewCounters { get; } = [];

    public List<Chain> NewChains { get; } = [];

    /// <summary>Chains that lose all their rules: the ones that go, and the ones whose rules are written anew.</summary>
    public List<string> Flushed { get; } = [];

    /// <summary>Elements that leave sets which stay; where there are none, nothing changes.</summary>
    public List<SetState> OldElements { get; } = [];

    public List<Set> OldSets { get; } = [];

    public List<string> OldChains { get; } = [];

    public List<Set> NewSets { get; } = [];

    /// <summary>Elements that come into sets; where there are none, nothing changes.</summary>
    public List<SetState> NewElements { get; } = [];

    /// <summary>Chains without rules so far, new or flushed, and the rules that they get.</summary>
    public List<ChainState> NewRules { get; } = [];

    public List<string> OldCounters { get; } = [];

    /// <summary>All changes, each kind in the order in which it was given.</summary>
    /// <param name="table">The table's name.</param>
    /// <param name="first">What the table itself needs, before all else: to be created, or woken; null for nothing.</param>
    public Transaction ToTransaction(string table, Operation? first)
    {
        List<Operation> operations = first is null ? [] : [first];
        operations.AddRange(Flushed.Select(c => new Operation.FlushChain(c)));
        operations.AddRange(OldElements.Where(s => s.Elements.Count > 0).Select(s => new Operation.DeleteElements(s.Set, s.Elements)));
        operations.AddRange(OldSets.Select(s => new Operation.DeleteSet(s)));
        operations.AddRange(OldChains.Select(c => new Operation.DeleteChain(c)));
        operations.AddRange(OldCounters.Select(c => new Operation.DeleteCounter(c)));
        operations.AddRange(NewCounters.Select(c => new Operation.AddCounter(c)));
        operations.AddRange(NewChains.Select(c => new Operation.AddChain(c)));
        operations.AddRange(NewSets.Select(s => new Operation.AddSet(s)));
        operations.AddRange(NewElements.Where(s => s.Elements.Count > 0).Select(s => new Operation.AddElements(s.Set, s.Elements)));
        operations.AddRange(NewRules.SelectMany(c => c.Rules.Select(r => new Operation.AddRule(c.Chain.Name, r))));
        return new(table, operations);
    }
}
