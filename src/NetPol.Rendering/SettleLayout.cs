using NetPol.Nftables;

namespace NetPol.Rendering;

/// <summary>
/// What stops a packet that would pass, but was judged while a change took effect. The kernel keeps to the rules with which it began on a packet, but each
/// look-up in a set sees what is there right then. So the last rule of all drops whoever finds its family in a set that is empty, until a change fills it; and
/// those that begin after the change have no such rule, until all others are through.
/// </summary>
internal static class SettleLayout
{
    private const string Chain = "commit-guard";
    private const string CounterComment = "drop: the packet saw rules of two generations";

    private static readonly LookupKey Key = new(PacketField.NfProto);
    private static readonly Set Torn = new() { Name = Names.Torn, Key = Key.Type };
    private static readonly ElementList Everything = ElementList.Of([Element.Of(Key.Type.Key(NfProto.Ipv4)), Element.Of(Key.Type.Key(NfProto.Ipv6))]);

    private static Rule Stop => new(new Statement.InSet(Key, Torn.Name), new Statement.Count(Names.Torn), new Statement.Decide(PacketVerdict.Drop));

    /// <summary>The rule that ends a base chain.</summary>
    public static Rule Look() => new(new Statement.Decide(PacketVerdict.Goto(Chain)));

    public static void AddSkeleton(ObjectCollector to)
    {
        to.Add(new Counter(Names.Torn, CounterComment));
        to.Add(Torn);
        to.Add(new ChainState(new(Chain), Stop));
    }

    /// <summary>Whether a table has what is here: that of the bridge family does not.</summary>
    public static bool IsPartOf(TableState table) => table.Chains.ContainsKey(Chain);

    /// <summary>Whether a change repairs what is here, and can therefore not rely on it.</summary>
    public static bool IsChangedBy(OrderedChanges changes) =>
        changes.Flushed.Exists(IsChain) || changes.NewRules.Exists(c => IsChain(c.Chain.Name)) || changes.OldSets.Concat(changes.NewSets).Any(s => IsTorn(s.Name))
        || changes.OldElements.Concat(changes.NewElements).Any(s => s.Elements.Count > 0 && IsTorn(s.Set.Name));

    /// <summary>A change that no packet passes by having seen some of what was before it and some of what is after.</summary>
    public static StagedUpdate Guard(StagedUpdate change) => new(
        change.Preparation,
        // A rule that comes makes the kernel check the whole table; one that goes does not.
        Before(change.Effect, [new Operation.FlushChain(Chain), new Operation.AddElements(Torn, Everything)]),
        Before(change.Removal, [new Operation.DeleteElements(Torn, Everything), new Operation.AddRule(Chain, Stop)]));

    private static bool IsChain(string name) => string.Equals(name, Chain, StringComparison.Ordinal);

    private static bool IsTorn(string name) => string.Equals(name, Torn.Name, StringComparison.Ordinal);

    private static Transaction Before(Transaction step, IEnumerable<Operation> first) => new(step.Table, [.. first, .. step.Operations]);
}
