using NetPol.Nftables;

namespace NetPol.Rendering;

/// <summary>Compares the table in the kernel with the wanted one: at start, and when another program may have changed it.</summary>
public static class TableDiff
{
    /// <summary>
    /// Returns the update from <paramref name="actual"/> to <paramref name="wanted"/>; empty when they are equal. Base chains stay unless their
    /// hook is wrong. The kernel cannot change comments of chains, sets and counters, so they are not compared. A counter with
    /// another tag is replaced. The epoch of the commit guard is not compared.
    /// </summary>
    /// <param name="actual">Null when there is no table: then everything is created.</param>
    /// <param name="wanted">A table as <see cref="Renderer"/> makes it.</param>
    public static StagedUpdate Between(TableState? actual, TableState wanted)
    {
        var existing = actual ?? new(wanted.Name, wanted.Comment, [], [], []);
        var epoch = CommitGuard.EpochOf(actual);
        wanted = CommitGuard.AtEpochOf(wanted, actual);
        var changes = new TableChanges();
        changes.OldCounters.AddRange(existing.Counters.Values.Where(c => !Has(wanted, c)).Select(c => c.Name));
        changes.NewCounters.AddRange(wanted.Counters.Values.Where(c => !Has(existing, c)));
        AddSets(changes, existing, wanted);
        AddChains(changes, existing, wanted);
        Operation? first = actual switch
        {
            null => new Operation.AddTable(wanted.Comment),
            { Ownership: TableOwnership.Orphaned } => new Operation.ClaimTable(),
            { IsDormant: true } => new Operation.WakeTable(),
            _ => null,
        };
        var isMet = actual is { IsDormant: false };
        return changes.ToStagedUpdate(wanted.Name, first, isMet, isMet && CommitGuard.Guards(actual!, epoch) ? epoch : null);
    }

    /// <summary>Whether the difference is not enough, because the wanted table must have an owner and the actual one cannot get one.</summary>
    /// <param name="actual">Null when there is no table.</param>
    public static bool MustReplace(TableState? actual) => actual is { Ownership: TableOwnership.Unowned };

    /// <summary>
    /// Returns the update that replaces the whole table, base chains included, with <paramref name="wanted"/>. Used when the kernel refuses the
    /// difference. Counters keep their counts.
    /// </summary>
    /// <param name="wanted">A table as <see cref="Renderer"/> makes it.</param>
    /// <param name="counted">The counters of the deleted table.</param>
    public static StagedUpdate Replace(TableState wanted, IEnumerable<CounterValue> counted)
    {
        var values = counted.ToDictionary(c => (c.Name, c.Tag));
        var operations = Between(null, wanted).Steps.SelectMany(s => s.Operations).Select(o => o is Operation.AddCounter add && values.TryGetValue((add.Counter.Name, add.Counter.Tag), out var value)
            ? add with { Packets = value.Packets, Bytes = value.Bytes }
            : o);
        // In one step, so that packets always meet a table.
        return new(new(wanted.Name, []), new(wanted.Name, [new Operation.DeleteTable(), .. operations]), new(wanted.Name, []));
    }

    /// <summary>Whether packets meet the base chains of <paramref name="wanted"/>. False when there is no table, or it is dormant.</summary>
    /// <param name="actual">The table in the kernel; null if there is none.</param>
    /// <param name="wanted">A table as <see cref="Renderer"/> makes it.</param>
    public static bool HasBaseChains(TableState? actual, TableState wanted) => actual is { IsDormant: false } && CommitGuard.AtEpochOf(wanted, actual).Chains.Values.Where(c => c.Chain.Base is not null)
        .All(want => actual.Chains.TryGetValue(want.Chain.Name, out var have) && have.Chain.Base == want.Chain.Base && have.RulesEqual(want));

    private static bool Has(TableState table, Counter counter) =>
        table.Counters.TryGetValue(counter.Name, out var found) && string.Equals(found.Tag, counter.Tag, StringComparison.Ordinal);

    private static void AddSets(TableChanges changes, TableState actual, TableState wanted)
    {
        foreach (var (name, want) in wanted.Sets)
        {
            var have = actual.Sets.GetValueOrDefault(name);
            if (have is not null && have.Set.IsEquivalentTo(want.Set))
            {
                var (removed, added) = have.Elements.DiffTo(want.Elements);
                changes.OldElements.Add(new(have.Set, removed));
                changes.NewElements.Add(new(have.Set, added));
                continue;
            }
            if (have is not null)
                changes.OldSets.Add(have.Set);
            changes.NewSets.Add(want.Set);
            changes.NewElements.Add(want);
        }
        changes.OldSets.AddRange(actual.Sets.Values.Where(s => !wanted.Sets.ContainsKey(s.Set.Name)).Select(s => s.Set));
    }

    private static void AddChains(TableChanges changes, TableState actual, TableState wanted)
    {
        var old = changes.OldSets.Select(s => s.Name).Concat(changes.OldCounters).ToHashSet(StringComparer.Ordinal);
        foreach (var (name, have) in actual.Chains)
        {
            var want = wanted.Chains.GetValueOrDefault(name);
            var stays = want is not null && want.Chain.Base == have.Chain.Base;
            // A rule keeps a replaced set or counter alive, so the rule must be replaced too, even if it is equal.
            if (stays && want!.RulesEqual(have) && !Uses(have, old))
                continue;
            if (have.Rules.Count > 0)
                changes.Flushed.Add(name);
            if (!stays)
                changes.OldChains.Add(name);
            if (!stays && want is not null)
                changes.NewChains.Add(want.Chain);
            if (want is not null)
                changes.NewRules.Add(want);
        }
        foreach (var want in wanted.Chains.Values.Where(c => !actual.Chains.ContainsKey(c.Chain.Name)))
        {
            changes.NewChains.Add(want.Chain);
            changes.NewRules.Add(want);
        }
    }

    private static bool Uses(ChainState chain, HashSet<string> objects) => objects.Count > 0 && chain.Rules.SelectMany(r => r.Statements).Any(s => s switch
    {
        Statement.Lookup inSet => objects.Contains(inSet.Set),
        Statement.FrameLookup frame => objects.Contains(frame.Set),
        Statement.VerdictMap map => objects.Contains(map.Map),
        Statement.NamedCounter count => objects.Contains(count.Counter),
        _ => false,
    });
}

/// <summary>
/// Sorts changes of a table into the order that the kernel accepts and packets need: an object is added before what refers to it, and deleted
/// after it. New sets are filled before rules use them, which saves the kernel a check per element.
/// </summary>
internal sealed class TableChanges
{
    public List<Counter> NewCounters { get; } = [];

    public List<Chain> NewChains { get; } = [];

    /// <summary>Chains that lose all rules: those to delete, and those that get new rules.</summary>
    public List<string> Flushed { get; } = [];

    /// <summary>Elements to delete from sets that stay. An empty list changes nothing.</summary>
    public List<SetState> OldElements { get; } = [];

    public List<Set> OldSets { get; } = [];

    public List<string> OldChains { get; } = [];

    public List<Set> NewSets { get; } = [];

    /// <summary>Elements to add to sets. An empty list changes nothing.</summary>
    public List<SetState> NewElements { get; } = [];

    /// <summary>Chains that have no rules yet, new or flushed, with the rules to add.</summary>
    public List<ChainState> NewRules { get; } = [];

    public List<string> OldCounters { get; } = [];

    /// <summary>
    /// Returns the steps, each kind of change in the order in which it was given. When an object is replaced under its own name, all is one step:
    /// the old object must be deleted before the new one is added.
    /// </summary>
    /// <param name="table">The table's name.</param>
    /// <param name="first">The first operation: creates, claims or activates the table; null for none.</param>
    /// <param name="isMet">Whether packets meet the table before the update. False for a new or dormant table.</param>
    /// <param name="epoch">The epoch of the table's commit guard; null if no guard covers the packets that meet the table.</param>
    public StagedUpdate ToStagedUpdate(string table, Operation? first, bool isMet, GuardEpoch? epoch)
    {
        var (newSets, oldChains) = (NewSets.Select(s => s.Name).ToHashSet(StringComparer.Ordinal), OldChains.ToHashSet(StringComparer.Ordinal));
        var isReplacing = OldSets.Exists(s => newSets.Contains(s.Name)) || NewChains.Exists(c => oldChains.Contains(c.Name))
            || NewCounters.Select(c => c.Name).Intersect(OldCounters, StringComparer.Ordinal).Any();
        // A base chain has effect as soon as it is added.
        var ready = NewChains.Where(c => c.Base is null).Select(c => c.Name).ToHashSet(StringComparer.Ordinal);
        List<Operation> preparation =
        [
            .. NewCounters.Select(c => new Operation.AddCounter(c)),
            .. NewChains.Where(c => ready.Contains(c.Name)).Select(c => new Operation.AddChain(c)),
            .. NewSets.Select(s => new Operation.AddSet(s)),
            .. AddElements(NewElements.Where(s => newSets.Contains(s.Set.Name))),
            .. AddRules(NewRules.Where(c => ready.Contains(c.Chain.Name))),
        ];
        List<Operation> deletions = [.. Flush(Flushed.Where(c => !oldChains.Contains(c))), .. OldElements.Where(s => s.Elements.Count > 0).Select(s => new Operation.DeleteElements(s.Set, s.Elements))];
        List<Operation> additions =
        [
            .. NewChains.Where(c => !ready.Contains(c.Name)).Select(c => new Operation.AddChain(c)),
            .. AddElements(NewElements.Where(s => !newSets.Contains(s.Set.Name))),
            .. AddRules(NewRules.Where(c => !ready.Contains(c.Chain.Name))),
        ];
        List<Operation> removal =
        [
            .. Flush(Flushed.Where(oldChains.Contains)),
            .. OldSets.Select(s => new Operation.DeleteSet(s)),
            .. OldChains.Select(c => new Operation.DeleteChain(c)),
            .. OldCounters.Select(c => new Operation.DeleteCounter(c)),
        ];
        // An update without effect may claim a table that packets meet, but not wake one.
        var isPrepared = isMet || first is Operation.AddTable;
        Operation[] creates = first is not null && isPrepared ? [first] : [], wakes = first is not null && !isPrepared ? [first] : [];
        if (isReplacing)
            return new(new(table, []), new(table, [.. creates, .. wakes, .. deletions, .. removal, .. preparation, .. additions]), new(table, []));
        var change = new StagedUpdate(new(table, [.. creates, .. preparation]), new(table, [.. wakes, .. deletions, .. additions]), new(table, removal));
        return epoch is { } guard && !change.Effect.IsEmpty ? CommitGuard.Guard(change, guard) : change;
    }

    private static IEnumerable<Operation> Flush(IEnumerable<string> chains) => chains.Select(c => new Operation.FlushChain(c));

    private static IEnumerable<Operation> AddElements(IEnumerable<SetState> sets) => sets.Where(s => s.Elements.Count > 0).Select(s => new Operation.AddElements(s.Set, s.Elements));

    private static IEnumerable<Operation> AddRules(IEnumerable<ChainState> chains) => chains.SelectMany(c => c.Rules.Select(r => new Operation.AddRule(c.Chain.Name, r)));
}
