using NetPol.Nftables;

namespace NetPol.Rendering;

/// <summary>
/// Changes of a table in any order, put into the one order that the kernel accepts and packets need: what is named is there before what names it, and
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

    /// <summary>
    /// The steps, each kind of change in the order in which it was given. Where something is replaced under its own name, all is one step:
    /// the old one must go before the new one can come.
    /// </summary>
    /// <param name="table">The table's name.</param>
    /// <param name="first">What the table itself needs, before all else: to be created, or woken; null for nothing.</param>
    /// <param name="isGuarded">Whether the table stops packets that may have seen both rule sets.</param>
    public StagedUpdate ToChange(string table, Operation? first, bool isGuarded = true)
    {
        var (newSets, oldChains) = (NewSets.Select(s => s.Name).ToHashSet(StringComparer.Ordinal), OldChains.ToHashSet(StringComparer.Ordinal));
        var isReplacing = OldSets.Exists(s => newSets.Contains(s.Name)) || NewChains.Exists(c => oldChains.Contains(c.Name))
            || NewCounters.Select(c => c.Name).Intersect(OldCounters, StringComparer.Ordinal).Any();
        // A base chain has effect from the moment that it is there.
        var ready = NewChains.Where(c => c.Base is null).Select(c => c.Name).ToHashSet(StringComparer.Ordinal);
        List<Operation> preparation =
        [
            .. NewCounters.Select(c => new Operation.AddCounter(c)),
            .. NewChains.Where(c => ready.Contains(c.Name)).Select(c => new Operation.AddChain(c)),
            .. NewSets.Select(s => new Operation.AddSet(s)),
            .. Filled(NewElements.Where(s => newSets.Contains(s.Set.Name))),
            .. Written(NewRules.Where(c => ready.Contains(c.Chain.Name))),
        ];
        List<Operation> leaving = [.. Emptied(Flushed.Where(c => !oldChains.Contains(c))), .. OldElements.Where(s => s.Elements.Count > 0).Select(s => new Operation.DeleteElements(s.Set, s.Elements))];
        List<Operation> coming =
        [
            .. NewChains.Where(c => !ready.Contains(c.Name)).Select(c => new Operation.AddChain(c)),
            .. Filled(NewElements.Where(s => !newSets.Contains(s.Set.Name))),
            .. Written(NewRules.Where(c => !ready.Contains(c.Chain.Name))),
        ];
        List<Operation> removal =
        [
            .. Emptied(Flushed.Where(oldChains.Contains)),
            .. OldSets.Select(s => new Operation.DeleteSet(s)),
            .. OldChains.Select(c => new Operation.DeleteChain(c)),
            .. OldCounters.Select(c => new Operation.DeleteCounter(c)),
        ];
        Operation[] creates = first is Operation.AddTable ? [first] : [], wakes = first is null or Operation.AddTable ? [] : [first];
        if (isReplacing)
            return new(new(table, []), new(table, [.. creates, .. wakes, .. leaving, .. removal, .. preparation, .. coming]), new(table, []));
        var change = new StagedUpdate(new(table, [.. creates, .. preparation]), new(table, [.. wakes, .. leaving, .. coming]), new(table, removal));
        // A table that is new, or asleep, judges no packet yet.
        return isGuarded && first is null && !change.Effect.IsEmpty && !SettleLayout.IsChangedBy(this) ? SettleLayout.Guard(change) : change;
    }

    private static IEnumerable<Operation> Emptied(IEnumerable<string> chains) => chains.Select(c => new Operation.FlushChain(c));

    private static IEnumerable<Operation> Filled(IEnumerable<SetState> sets) => sets.Where(s => s.Elements.Count > 0).Select(s => new Operation.AddElements(s.Set, s.Elements));

    private static IEnumerable<Operation> Written(IEnumerable<ChainState> chains) => chains.SelectMany(c => c.Rules.Select(r => new Operation.AddRule(c.Chain.Name, r)));
}
