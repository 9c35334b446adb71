using NetPol.Nftables;

namespace NetPol.Rendering;

/// <summary>
/// Drops packets that may have seen rules of two generations during a commit. The kernel evaluates a packet by the rules of one generation, but each set look-up
/// sees the current elements. So the last rule drops packets whose family is in a set that is empty outside a commit. The commit fills the set and removes the
/// rule, so packets that start later pass. After a barrier, the next commit restores both.
/// </summary>
internal static class CommitGuard
{
    private const string Chain = "commit-guard";
    private const string CounterComment = "drop: the packet saw rules of two generations";

    private static readonly LookupKey Key = new(PacketField.NfProto);
    private static readonly Set MixedGeneration = new() { Name = ObjectNames.MixedGeneration, Key = Key.Type };
    private static readonly ElementList BothFamilies = ElementList.Create([Element.Create(Key.Type.Key(NfProto.Ipv4)), Element.Create(Key.Type.Key(NfProto.Ipv6))]);

    private static Rule DropRule => new(new Statement.Lookup(Key, MixedGeneration.Name), new Statement.NamedCounter(ObjectNames.MixedGeneration), new Statement.Verdict(PacketVerdict.Drop));

    /// <summary>Returns the last rule of a base chain.</summary>
    public static Rule GotoRule() => new(new Statement.Verdict(PacketVerdict.Goto(Chain)));

    public static void AddBase(ObjectCollector to)
    {
        to.Add(new Counter(ObjectNames.MixedGeneration, CounterComment));
        to.Add(MixedGeneration);
        to.Add(new ChainState(new(Chain), DropRule));
    }

    /// <summary>Whether the table has a commit guard. The table of the bridge family has none.</summary>
    public static bool IsPartOf(TableState table) => table.Chains.ContainsKey(Chain);

    /// <summary>Whether the change repairs the commit guard itself. Such a change cannot use the guard.</summary>
    public static bool IsRepairedBy(TableChanges changes) =>
        changes.Flushed.Exists(IsChain) || changes.NewRules.Exists(c => IsChain(c.Chain.Name)) || changes.OldSets.Concat(changes.NewSets).Any(s => IsMixedGeneration(s.Name))
        || changes.OldElements.Concat(changes.NewElements).Any(s => s.Elements.Count > 0 && IsMixedGeneration(s.Set.Name));

    /// <summary>Adds the guard to an update, so that it drops packets that see two generations.</summary>
    public static StagedUpdate Guard(StagedUpdate change) => new(
        change.Preparation,
        // The kernel checks the whole table when a rule is added, not when one is removed. So the effect removes the rule.
        Prepend(change.Effect, [new Operation.FlushChain(Chain), new Operation.AddElements(MixedGeneration, BothFamilies)]),
        Prepend(change.Removal, [new Operation.DeleteElements(MixedGeneration, BothFamilies), new Operation.AddRule(Chain, DropRule)]));

    private static bool IsChain(string name) => string.Equals(name, Chain, StringComparison.Ordinal);

    private static bool IsMixedGeneration(string name) => string.Equals(name, MixedGeneration.Name, StringComparison.Ordinal);

    private static Transaction Prepend(Transaction step, IEnumerable<Operation> first) => new(step.Table, [.. first, .. step.Operations]);
}
