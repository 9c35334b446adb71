using NetPol.Nftables;

namespace NetPol.Rendering;

/// <summary>
/// What stops a packet that would pass, but was judged while a change took effect. The kernel keeps to the rules with which it began on a packet, but each
/// look-up in a set sees what is there right then. So the last rule of all drops whoever finds its family in a set that is empty, until a change fills it; and
/// those that begin after the change have no such rule, until all others are through.
/// </summary>
internal static class CommitGuard
{
    private const string Chain = "commit-guard";
    private const string CounterComment = "drop: the packet saw rules of two generations";

    private static readonly LookupKey Key = new(PacketField.NfProto);
    private static readonly Set MixedGeneration = new() { Name = ObjectNames.MixedGeneration, Key = Key.Type };
    private static readonly ElementList BothFamilies = ElementList.Create([Element.Create(Key.Type.Key(NfProto.Ipv4)), Element.Create(Key.Type.Key(NfProto.Ipv6))]);

    private static Rule DropRule => new(new Statement.Lookup(Key, MixedGeneration.Name), new Statement.NamedCounter(ObjectNames.MixedGeneration), new Statement.Verdict(PacketVerdict.Drop));

    /// <summary>The rule that ends a base chain.</summary>
    public static Rule GotoRule() => new(new Statement.Verdict(PacketVerdict.Goto(Chain)));

    public static void AddBase(ObjectCollector to)
    {
        to.Add(new Counter(ObjectNames.MixedGeneration, CounterComment));
        to.Add(MixedGeneration);
        to.Add(new ChainState(new(Chain), DropRule));
    }

    /// <summary>Whether a table has what is here: that of the bridge family does not.</summary>
    public static bool IsPartOf(TableState table) => table.Chains.ContainsKey(Chain);

    /// <summary>Whether a change repairs what is here, and can therefore not rely on it.</summary>
    public static bool IsRepairedBy(TableChanges changes) =>
        changes.Flushed.Exists(IsChain) || changes.NewRules.Exists(c => IsChain(c.Chain.Name)) || changes.OldSets.Concat(changes.NewSets).Any(s => IsMixedGeneration(s.Name))
        || changes.OldElements.Concat(changes.NewElements).Any(s => s.Elements.Count > 0 && IsMixedGeneration(s.Set.Name));

    /// <summary>A change that no packet passes by having seen some of what was before it and some of what is after.</summary>
    public static StagedUpdate Guard(StagedUpdate change) => new(
        change.Preparation,
        // A rule that comes makes the kernel check the whole table; one that goes does not.
        Prepend(change.Effect, [new Operation.FlushChain(Chain), new Operation.AddElements(MixedGeneration, BothFamilies)]),
        Prepend(change.Removal, [new Operation.DeleteElements(MixedGeneration, BothFamilies), new Operation.AddRule(Chain, DropRule)]));

    private static bool IsChain(string name) => string.Equals(name, Chain, StringComparison.Ordinal);

    private static bool IsMixedGeneration(string name) => string.Equals(name, MixedGeneration.Name, StringComparison.Ordinal);

    private static Transaction Prepend(Transaction step, IEnumerable<Operation> first) => new(step.Table, [.. first, .. step.Operations]);
}
