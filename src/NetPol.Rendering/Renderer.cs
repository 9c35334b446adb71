using NetPol.Model;
using NetPol.Model.RuleSets;
using NetPol.Nftables;

namespace NetPol.Rendering;

/// <summary>Converts rule sets to nftables tables and their updates. DESIGN.md beside this file explains the layout.</summary>
public static class Renderer
{
    /// <summary>The name of the table in the family inet.</summary>
    public const string TableName = BaseChains.TableName;

    /// <summary>The counter of packets that are not logged because their decision is over its log rate.</summary>
    public const string UnloggedCounter = ObjectNames.Unlogged;

    /// <summary>The base chain for packets between a local pod and other hosts or pods.</summary>
    public const string ForwardChain = BaseChains.ForwardChain;

    /// <summary>The base chain for packets from a local pod to its own node.</summary>
    public const string InputChain = BaseChains.InputChain;

    /// <summary>Returns the whole table that enforces <paramref name="rules"/>. The same rule set and settings give the same table.</summary>
    /// <param name="rules">The rule set of the node.</param>
    /// <param name="logs">Which decisions to log; null for those whose rules request it.</param>
    /// <param name="host">The interfaces and tunnels of the node; null when they are unknown, which is the strictest case.</param>
    public static TableState Render(NodeRuleSet rules, FlowLogSettings? logs = null, HostNetwork? host = null)
    {
        var objects = new ObjectCollector();
        BaseChains.AddTo(objects);
        foreach (var node in rules.AllNodeAddresses)
            NodeSets.Add(objects, node);
        SourceValidation.Add(objects, host ?? HostNetwork.Unknown);
        foreach (var network in rules.PodCidrs)
            EntryObjects.Add(objects, network);
        foreach (var pod in rules.ReadyPods)
            EntryObjects.Add(objects, pod);
        foreach (var decision in rules.Decisions)
            EntryObjects.Add(objects, decision, logs ?? FlowLogSettings.Default);
        foreach (var portPolicy in rules.PortPolicies)
            EntryObjects.Add(objects, portPolicy);
        foreach (var point in Enum.GetValues<EnforcementPoint>())
            Add(objects, point, rules.RulesAt(point));
        return new(
            TableName, BaseChains.TableComment, objects.Counters.Values, objects.Sets.Values.Select(s => new SetState(s, objects.ElementsOf(s.Name))),
            objects.Chains.Values);
    }

    /// <summary>
    /// Returns the update from the old rule set to the new one. Its cost depends on the delta alone. The table must be as it was rendered, with
    /// the same settings; <see cref="TableDiff"/> updates a table that may have drifted.
    /// </summary>
    /// <param name="delta">The difference of the rule sets.</param>
    /// <param name="logs">Which decisions to log; null for those whose rules request it.</param>
    /// <param name="epoch">The epoch of the table, see <see cref="CommitGuard.EpochAfter"/>.</param>
    public static StagedUpdate Render(NodeRuleSetDelta delta, FlowLogSettings? logs = null, GuardEpoch epoch = GuardEpoch.Even)
    {
        logs ??= FlowLogSettings.Default;
        var (removed, added) = (Collect(delta, new DeltaSide(Added: false), logs), Collect(delta, new DeltaSide(Added: true), logs));
        var changes = new TableChanges();
        changes.NewCounters.AddRange(Sorted(added.Counters));
        changes.NewSets.AddRange(Sorted(added.Sets));
        changes.NewRules.AddRange(Sorted(added.Chains));
        changes.NewChains.AddRange(changes.NewRules.Select(c => c.Chain));
        changes.OldCounters.AddRange(Sorted(removed.Counters).Select(c => c.Name));
        changes.OldSets.AddRange(Sorted(removed.Sets));
        changes.OldChains.AddRange(Sorted(removed.Chains).Select(c => c.Chain.Name));
        changes.Flushed.AddRange(changes.OldChains);
        // The deletion of a set deletes its elements.
        var old = removed.Elements.Where(s => !removed.Sets.ContainsKey(s.Set.Name)).ToDictionary(s => s.Set.Name, StringComparer.Ordinal);
        foreach (var addition in added.Elements)
        {
            var (deletedElements, newElements) = old.Remove(addition.Set.Name, out var removal) ? removal.Elements.DiffTo(addition.Elements) : (ElementList.Empty, addition.Elements);
            changes.OldElements.Add(new(addition.Set, deletedElements));
            changes.NewElements.Add(new(addition.Set, newElements));
        }
        changes.OldElements.AddRange(old.Values);
        changes.OldElements.Sort((a, b) => string.CompareOrdinal(a.Set.Name, b.Set.Name));
        return changes.ToStagedUpdate(TableName, first: null, isMet: true, epoch);
    }

    /// <summary>Returns the update from one host network to another, with the same rules and settings; empty when they are equal.</summary>
    /// <param name="before">The host network of the table.</param>
    /// <param name="after">The wanted one.</param>
    /// <param name="epoch">The epoch of the table.</param>
    public static StagedUpdate Render(HostNetwork before, HostNetwork after, GuardEpoch epoch)
    {
        var changes = new TableChanges();
        foreach (var (old, now) in SourceValidation.SetsOf(before).Zip(SourceValidation.SetsOf(after)))
        {
            var (removed, added) = old.Elements.DiffTo(now.Elements);
            changes.OldElements.Add(new(old.Set, removed));
            changes.NewElements.Add(new(old.Set, added));
        }
        return changes.ToStagedUpdate(TableName, first: null, isMet: true, epoch);
    }

    private static void Add(ObjectCollector objects, EnforcementPoint point, EnforcementRules rules)
    {
        foreach (var id in rules.Identities)
            EntryObjects.Add(objects, point, id);
        foreach (var fallback in rules.Defaults)
            EntryObjects.AddDefault(objects, point, fallback);
        foreach (var self in rules.Self)
            EntryObjects.AddSelf(objects, point, self);
        foreach (var peer in rules.Peers)
            EntryObjects.Add(objects, point, peer);
        foreach (var network in rules.Networks)
            EntryObjects.Add(objects, point, network);
        foreach (var entry in rules.PolicyEntries)
            EntryObjects.Add(objects, point, entry);
    }

    private static ObjectCollector Collect(NodeRuleSetDelta delta, DeltaSide side, FlowLogSettings logs)
    {
        var objects = new ObjectCollector();
        foreach (var node in side.Of(delta.AllNodeAddresses))
            NodeSets.Add(objects, node);
        foreach (var network in side.Of(delta.PodCidrs))
            EntryObjects.Add(objects, network);
        foreach (var pod in side.Of(delta.ReadyPods))
            EntryObjects.Add(objects, pod);
        foreach (var decision in side.Of(delta.Decisions))
            EntryObjects.Add(objects, decision, logs);
        foreach (var portPolicy in side.Of(delta.PortPolicies))
            EntryObjects.Add(objects, portPolicy);
        foreach (var point in Enum.GetValues<EnforcementPoint>())
            Add(objects, point, side.Of(delta.RulesAt(point)));
        return objects;
    }

    private static IEnumerable<T> Sorted<T>(Dictionary<string, T> objects) => objects.OrderBy(o => o.Key, StringComparer.Ordinal).Select(o => o.Value);

    /// <summary>One side of a delta: the removed entries, or the added ones.</summary>
    private readonly record struct DeltaSide(bool Added)
    {
        public ValueArray<T> Of<T>(ListChange<T> change) => Added ? change.Added : change.Removed;

        public EnforcementRules Of(EnforcementRulesDelta delta) => new()
        {
            Defaults = Of(delta.Defaults),
            Self = Of(delta.Self),
            Peers = Of(delta.Peers),
            Networks = Of(delta.Networks),
            Identities = Of(delta.Identities),
            PolicyEntries = Of(delta.PolicyEntries),
        };
    }
}
