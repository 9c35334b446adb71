using NetPol.Model;
using NetPol.Model.Rules;
using NetPol.Nftables;

namespace NetPol.Rendering;

/// <summary>Puts rule sets into the form that the kernel runs; DESIGN.md beside this file says what it looks like and why.</summary>
public static class Renderer
{
    /// <summary>The name of the table, of the family inet, that everything is in.</summary>
    public const string TableName = Skeleton.TableName;

    /// <summary>The name of the counter of packets that the rate of their decision kept out of the log.</summary>
    public const string UnloggedCounter = Names.Unlogged;

    /// <summary>The base chain of what local pods send to others and receive from them.</summary>
    public const string ForwardChain = Skeleton.ForwardChain;

    /// <summary>The base chain of what local pods send to their own node.</summary>
    public const string InputChain = Skeleton.InputChain;

    /// <summary>The whole table that judges as <paramref name="rules"/> says. The same rule set and settings give the same table.</summary>
    /// <param name="rules">What to judge.</param>
    /// <param name="logs">What to log; null for what the rules themselves ask for.</param>
    /// <param name="host">The node's own network; null when it is not known.</param>
    public static TableState Render(NodeRuleSet rules, FlowLogSettings? logs = null, HostNetwork? host = null)
    {
        var objects = new ObjectCollector();
        Skeleton.Add(objects);
        foreach (var node in rules.AllNodeAddresses)
            NodeSets.Add(objects, node);
        SourceValidation.Add(objects, host ?? HostNetwork.Unknown);
        foreach (var network in rules.PodNetworks)
            FactObjects.Add(objects, network);
        foreach (var pod in rules.KnownPods)
            FactObjects.Add(objects, pod);
        foreach (var decision in rules.Decisions)
            FactObjects.Add(objects, decision, logs ?? FlowLogSettings.Default);
        foreach (var profile in rules.Profiles)
            FactObjects.Add(objects, profile);
        foreach (var hook in Enum.GetValues<Hook>())
            Add(objects, hook, rules.Rules(hook));
        return new(
            TableName, Skeleton.TableComment, objects.Counters.Values, objects.Sets.Values.Select(s => new SetState(s, objects.ElementsOf(s.Name))),
            objects.Chains.Values);
    }

    /// <summary>
    /// What turns the table of the rule set before the change into that after it, at the cost of the change alone. Holds where the table is
    /// as it was rendered, with the same settings; where it may have drifted, <see cref="TableDiff"/> looks first.
    /// </summary>
    public static StagedUpdate Render(NodeRuleSetDelta delta, FlowLogSettings? logs = null)
    {
        logs ??= FlowLogSettings.Default;
        var (removed, added) = (Collect(delta, new Side(Added: false), logs), Collect(delta, new Side(Added: true), logs));
        var changes = new OrderedChanges();
        changes.NewCounters.AddRange(Sorted(added.Counters));
        changes.NewSets.AddRange(Sorted(added.Sets));
        changes.NewRules.AddRange(Sorted(added.Chains));
        changes.NewChains.AddRange(changes.NewRules.Select(c => c.Chain));
        changes.OldCounters.AddRange(Sorted(removed.Counters).Select(c => c.Name));
        changes.OldSets.AddRange(Sorted(removed.Sets));
        changes.OldChains.AddRange(Sorted(removed.Chains).Select(c => c.Chain.Name));
        changes.Flushed.AddRange(changes.OldChains);
        // A set that goes takes its elements along.
        var old = removed.Elements.Where(s => !removed.Sets.ContainsKey(s.Set.Name)).ToDictionary(s => s.Set.Name, StringComparer.Ordinal);
        foreach (var comes in added.Elements)
        {
            var (leave, come) = old.Remove(comes.Set.Name, out var goes) ? goes.Elements.DifferenceTo(comes.Elements) : (ElementList.Empty, comes.Elements);
            changes.OldElements.Add(new(comes.Set, leave));
            changes.NewElements.Add(new(comes.Set, come));
        }
        changes.OldElements.AddRange(old.Values);
        changes.OldElements.Sort((a, b) => string.CompareOrdinal(a.Set.Name, b.Set.Name));
        return changes.ToChange(TableName, first: null);
    }

    /// <summary>What turns the table for one network of the node into that for another, with the same rules and settings; empty when they are alike.</summary>
    public static StagedUpdate Render(HostNetwork before, HostNetwork after)
    {
        var changes = new OrderedChanges();
        foreach (var (old, now) in SourceValidation.SetsOf(before).Zip(SourceValidation.SetsOf(after)))
        {
            var (removed, added) = old.Elements.DifferenceTo(now.Elements);
            changes.OldElements.Add(new(old.Set, removed));
            changes.NewElements.Add(new(old.Set, added));
        }
        return changes.ToChange(TableName, first: null);
    }

    private static void Add(ObjectCollector objects, Hook hook, HookRules rules)
    {
        foreach (var id in rules.Classes)
            FactObjects.Add(objects, hook, id);
        foreach (var rest in rules.Rest)
            FactObjects.AddRest(objects, hook, rest);
        foreach (var self in rules.Self)
            FactObjects.AddSelf(objects, hook, self);
        foreach (var peer in rules.Peers)
            FactObjects.Add(objects, hook, peer);
        foreach (var network in rules.Networks)
            FactObjects.Add(objects, hook, network);
        foreach (var cell in rules.Cells)
            FactObjects.Add(objects, hook, cell);
    }

    private static ObjectCollector Collect(NodeRuleSetDelta delta, Side side, FlowLogSettings logs)
    {
        var objects = new ObjectCollector();
        foreach (var node in side.Of(delta.AllNodeAddresses))
            NodeSets.Add(objects, node);
        foreach (var network in side.Of(delta.PodNetworks))
            FactObjects.Add(objects, network);
        foreach (var pod in side.Of(delta.KnownPods))
            FactObjects.Add(objects, pod);
        foreach (var decision in side.Of(delta.Decisions))
            FactObjects.Add(objects, decision, logs);
        foreach (var profile in side.Of(delta.Profiles))
            FactObjects.Add(objects, profile);
        foreach (var hook in Enum.GetValues<Hook>())
            Add(objects, hook, side.Of(delta.Rules(hook)));
        return objects;
    }

    private static IEnumerable<T> Sorted<T>(Dictionary<string, T> objects) => objects.OrderBy(o => o.Key, StringComparer.Ordinal).Select(o => o.Value);

    /// <summary>One side of a difference: the facts that leave, or those that come.</summary>
    private readonly record struct Side(bool Added)
    {
        public ValueArray<T> Of<T>(Change<T> change) => Added ? change.Added : change.Removed;

        public HookRules Of(HookRulesDelta delta) => new()
        {
            Rest = Of(delta.Rest),
            Self = Of(delta.Self),
            Peers = Of(delta.Peers),
            Networks = Of(delta.Networks),
            Classes = Of(delta.Classes),
            Cells = Of(delta.Cells),
        };
    }
}
