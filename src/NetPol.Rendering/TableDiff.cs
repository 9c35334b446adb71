using NetPol.Nftables;

namespace NetPol.Rendering;

/// <summary>Compares what is in the kernel with what should be: at start, and when someone else may have changed it.</summary>
public static class TableDiff
{
    /// <summary>
    /// What turns <paramref name="actual"/> into <paramref name="wanted"/>; empty when they are alike. Base chains stay unless they
    /// are hooked elsewhere. Comments of chains, sets and counters cannot change while these live, so they do not count; a counter with
    /// another tag is replaced.
    /// </summary>
    /// <param name="actual">Null when there is no table: then everything is created.</param>
    /// <param name="wanted">A table as <see cref="Renderer"/> makes it.</param>
    public static StagedUpdate Between(TableState? actual, TableState wanted)
    {
        var existing = actual ?? new(wanted.Name, wanted.Comment, [], [], []);
        var changes = new OrderedChanges();
        changes.OldCounters.AddRange(existing.Counters.Values.Where(c => !Has(wanted, c)).Select(c => c.Name));
        changes.NewCounters.AddRange(wanted.Counters.Values.Where(c => !Has(existing, c)));
        AddSets(changes, existing, wanted);
        AddChains(changes, existing, wanted);
        return changes.ToChange(wanted.Name, actual switch
        {
            null => new Operation.AddTable(wanted.Comment),
            { IsDormant: true } => new Operation.WakeTable(),
            _ => null,
        }, isGuarded: SettleLayout.IsPartOf(wanted));
    }

    /// <summary>
    /// What puts <paramref name="wanted"/> in the place of whatever table there is, for when the kernel refuses the difference: base chains and
    /// all. Counters go on from what they had counted.
    /// </summary>
    /// <param name="wanted">A table as <see cref="Renderer"/> makes it.</param>
    /// <param name="counted">The counters of the table that goes.</param>
    public static StagedUpdate Replacing(TableState wanted, IEnumerable<CounterValue> counted)
    {
        var values = counted.ToDictionary(c => (c.Name, c.Tag));
        var anew = Between(null, wanted).Steps.SelectMany(s => s.Operations).Select(o => o is Operation.AddCounter add && values.TryGetValue((add.Counter.Name, add.Counter.Tag), out var value)
            ? add with { Packets = value.Packets, Bytes = value.Bytes }
            : o);
        // In one step: there is no moment without a table.
        return new(new(wanted.Name, []), new(wanted.Name, [new Operation.DeleteTable(), .. anew]), new(wanted.Name, []));
    }

    /// <summary>Whether packets meet the base chains of <paramref name="wanted"/>, whatever these lead to. Not where there is no table, or it is dormant.</summary>
    /// <param name="actual">The table as it is; null when there is none.</param>
    /// <param name="wanted">A table as <see cref="Renderer"/> makes it.</param>
    public static bool HasBaseChains(TableState? actual, TableState wanted) => actual is { IsDormant: false } && wanted.Chains.Values.Where(c => c.Chain.Base is not null)
        .All(want => actual.Chains.TryGetValue(want.Chain.Name, out var have) && have.Chain.Base == want.Chain.Base && have.RulesEqual(want));

    private static bool Has(TableState table, Counter counter) =>
        table.Counters.TryGetValue(counter.Name, out var found) && string.Equals(found.Tag, counter.Tag, StringComparison.Ordinal);

    private static void AddSets(OrderedChanges changes, TableState actual, TableState wanted)
    {
        foreach (var (name, want) in wanted.Sets)
        {
            var have = actual.Sets.GetValueOrDefault(name);
            if (have is not null && have.Set.WorksLike(want.Set))
            {
                var (removed, added) = have.Elements.DifferenceTo(want.Elements);
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

    private static void AddChains(OrderedChanges changes, TableState actual, TableState wanted)
    {
        var old = changes.OldSets.Select(s => s.Name).Concat(changes.OldCounters).ToHashSet(StringComparer.Ordinal);
        foreach (var (name, have) in actual.Chains)
        {
            var want = wanted.Chains.GetValueOrDefault(name);
            var stays = want is not null && want.Chain.Base == have.Chain.Base;
            // A rule keeps a set or counter that is replaced alive, however alike the rules are.
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
        Statement.InSet inSet => objects.Contains(inSet.Set),
        Statement.FrameInSet frame => objects.Contains(frame.Set),
        Statement.VerdictMap map => objects.Contains(map.Map),
        Statement.Count count => objects.Contains(count.Counter),
        _ => false,
    });
}
