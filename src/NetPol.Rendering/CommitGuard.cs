using NetPol.Nftables;

namespace NetPol.Rendering;

/// <summary>Which of its two sets the commit guard looks up. Each guarded update moves on to the other one. It has nothing to do with the kernel's generation of rules.</summary>
public enum GuardEpoch
{
    /// <summary>The set <c>mixed-generation-even</c>. A new table starts with it.</summary>
    Even,

    /// <summary>The set <c>mixed-generation-odd</c>.</summary>
    Odd,
}

/// <summary>
/// Drops packets that may have seen rules of two generations during a commit. The kernel fixes the rules of a base chain when a packet starts, but each set look-up sees the current
/// elements. So the last rule of each base chain drops packets whose family is in the set of the epoch, which is empty. The commit that changes verdicts fills this set, and rewrites the
/// base chains with the set of the other epoch. Packets that started before the commit are dropped, later ones pass. After a barrier, the set is emptied.
/// </summary>
public static class CommitGuard
{
    private const string CounterComment = "drop: the packet saw rules of two generations";

    private static readonly LookupKey Key = new(PacketField.NfProto);
    private static readonly Set[] Sets = [new() { Name = $"{ObjectNames.MixedGeneration}-even", Key = Key.Type }, new() { Name = $"{ObjectNames.MixedGeneration}-odd", Key = Key.Type }];
    private static readonly ElementList BothFamilies = ElementList.Create([Element.Create(Key.Type.Key(NfProto.Ipv4)), Element.Create(Key.Type.Key(NfProto.Ipv6))]);

    /// <summary>Returns the epoch of a table; <see cref="GuardEpoch.Even"/> if there is no table, or it has no commit guard.</summary>
    /// <param name="table">The table in the kernel; null if there is none.</param>
    public static GuardEpoch EpochOf(TableState? table) => table is not null && EndsWith(table, GuardEpoch.Odd) ? GuardEpoch.Odd : GuardEpoch.Even;

    /// <summary>Returns the epoch after the step with effect of an update. A table that is made anew starts with <see cref="GuardEpoch.Even"/>.</summary>
    /// <param name="update">The update.</param>
    /// <param name="epoch">The epoch before it.</param>
    public static GuardEpoch EpochAfter(StagedUpdate update, GuardEpoch epoch)
    {
        ArgumentNullException.ThrowIfNull(update);
        if (update.Steps.SelectMany(s => s.Operations).Any(o => o is Operation.AddTable))
            return GuardEpoch.Even;
        return update.Effect.Operations.Any(o => o is Operation.AddElements add && IsSetOf(epoch, add.Set)) ? Other(epoch) : epoch;
    }

    /// <summary>Returns the wanted table in the epoch of the actual one.</summary>
    /// <param name="wanted">A table as <see cref="Renderer"/> makes it. The table of the bridge family has no commit guard and no epoch.</param>
    /// <param name="actual">The table in the kernel; null if there is none.</param>
    public static TableState AtEpochOf(TableState wanted, TableState? actual)
    {
        ArgumentNullException.ThrowIfNull(wanted);
        var epoch = EpochOf(actual);
        return EpochOf(wanted) == epoch || !IsPartOf(wanted)
            ? wanted
            : new(wanted.Name, wanted.Comment, wanted.Counters.Values, wanted.Sets.Values, wanted.Chains.SetItems(BaseChains.At(epoch).Select(c => KeyValuePair.Create(c.Chain.Name, c))).Values);
    }

    internal static Rule DropRule(GuardEpoch epoch) =>
        new(new Statement.Lookup(Key, SetOf(epoch).Name), new Statement.NamedCounter(ObjectNames.MixedGeneration), new Statement.Verdict(PacketVerdict.Drop));

    internal static void AddBase(ObjectCollector to)
    {
        to.Add(new Counter(ObjectNames.MixedGeneration, CounterComment));
        foreach (var set in Sets)
            to.Add(set);
    }

    /// <summary>Whether the base chains end with the guard of an epoch, and its set is empty. Packets from before the last commit may still have other rules.</summary>
    internal static bool Guards(TableState table, GuardEpoch epoch) =>
        EndsWith(table, epoch) && Sets.All(s => table.Sets.TryGetValue(s.Name, out var found) && found.Set.IsEquivalentTo(s)) && table.Sets[SetOf(epoch).Name].Elements.Count == 0;

    /// <summary>
    /// Adds the guard to an update, so that it drops packets that see two generations. If the step with effect changes no other rules, it need not wait for packets: those that started
    /// before the preparation are dropped too. An update that needs no guard gets none.
    /// </summary>
    /// <param name="change">An update that is not empty.</param>
    /// <param name="epoch">The epoch of the table.</param>
    internal static StagedUpdate Guard(StagedUpdate change, GuardEpoch epoch)
    {
        if (change.Preparation.IsEmpty && IsOneLookup(change.Effect))
            return change with { WaitsBeforeEffect = false };
        var table = change.Effect.Table;
        var changesElements = change.Effect.Operations.All(o => o is Operation.AddElements || (o is Operation.DeleteElements delete && !IsSetOf(Other(epoch), delete.Set)));
        return new(
            change.Preparation,
            new(
                table,
                [
                    .. BaseChains.At(epoch).Select(c => new Operation.FlushChain(c.Chain.Name)),
                    new Operation.AddElements(SetOf(epoch), BothFamilies),
                    .. change.Effect.Operations.Where(o => !IsOfBaseChain(o)),
                    .. BaseChains.At(Other(epoch)).SelectMany(c => c.Rules.Select(r => new Operation.AddRule(c.Chain.Name, r))),
                ]),
            new(table, [new Operation.DeleteElements(SetOf(epoch), BothFamilies), .. change.Removal.Operations]))
        {
            WaitsBeforeEffect = !changesElements,
        };
    }

    /// <summary>Whether no packet makes two look-ups in what the step changes: of each address family, it changes the elements of one set.</summary>
    private static bool IsOneLookup(Transaction step)
    {
        var changed = step.Operations.Select(o => o switch
        {
            Operation.AddElements add => add.Set.Name,
            Operation.DeleteElements delete => delete.Set.Name,
            _ => null,
        }).Distinct(StringComparer.Ordinal).ToLookup(set => set is null ? null : PolicyChains.FindFamily(set));
        return changed.All(family => family.Key is not null && family.Count() == 1);
    }

    private static bool IsOfBaseChain(Operation operation) => operation switch
    {
        Operation.FlushChain flush => BaseChains.Contain(flush.Name),
        Operation.AddRule add => BaseChains.Contain(add.Chain),
        _ => false,
    };

    private static bool IsPartOf(TableState table) => table.Sets.ContainsKey(SetOf(GuardEpoch.Even).Name);

    private static bool EndsWith(TableState table, GuardEpoch epoch) => BaseChains.At(epoch).All(c => table.Chains.TryGetValue(c.Chain.Name, out var found)
        && found.Chain.Base == c.Chain.Base && found.Rules.Count > 0 && found.Rules[^1].Equals(c.Rules[^1]));

    private static GuardEpoch Other(GuardEpoch epoch) => epoch == GuardEpoch.Even ? GuardEpoch.Odd : GuardEpoch.Even;

    private static Set SetOf(GuardEpoch epoch) => Sets[(int)epoch];

    private static bool IsSetOf(GuardEpoch epoch, Set set) => string.Equals(set.Name, SetOf(epoch).Name, StringComparison.Ordinal);
}
