using CsCheck;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Rules;

namespace NetPol.Testing;

/// <summary>What must hold of every compiler of policies. Each check gives null when it holds, else what does not.</summary>
public static class Agreement
{
    public static Gen<JudgedWorld> JudgedWorlds { get; } = Generators.Worlds
        .SelectMany(world => Generators.Connections(world).Array[48].Select(connections => new JudgedWorld(world, connections)));

    public static Gen<(ClusterSnapshot World, Step[] Steps)> Walks { get; } = Gen.Select(Generators.Worlds, Generators.Steps.Array[1, 6]);

    private static Gen<Step> BusySteps => Gen.Frequency((19, Generators.Steps), (1, Generators.SharedAddressSteps));

    /// <summary>Longer walks in batches, most of which are small; now and then there is a crowd of pods.</summary>
    public static Gen<(ClusterSnapshot World, Step[][] Batches)> BusyWalks { get; } = Gen.Select(
        Generators.Worlds,
        Gen.Frequency((30, BusySteps.Array[1, 3]), (3, Generators.Steps.Array[10, 20]), (1, Generators.PutPodSteps.Array[30, 50])).Array[4, 12]);

    /// <summary>Walks on which so much comes and goes that a compiler which remembers it has to begin anew: hundreds of pods, each with many labels.</summary>
    public static Gen<(ClusterSnapshot World, Step[][] Batches)> WearingWalks { get; } = Gen.Select(
        Generators.Worlds, Gen.Frequency((9, Generators.MuchLabelledPodSteps), (1, Generators.Steps)).Array[20].Array[60]);

    /// <summary>Rule sets judge as the oracle does, and name the same decider.</summary>
    public static string? OfVerdicts(JudgedWorld sample, Func<ClusterSnapshot, IEnumerable<NodeRuleSet>> compile)
    {
        var evaluator = new ClusterEvaluator(compile(sample.Cluster), sample.Cluster);
        foreach (var connection in sample.Connections)
        {
            ConnectionVerdict meant = Oracle.Judge(sample.Cluster, connection), actual = evaluator.Judge(connection);
            if (meant != actual)
                return $"{connection}: meant {Told(meant)}; compiled to {Told(actual)}";
            Decision meantToNode = Oracle.JudgeToOwnNode(sample.Cluster, connection), toNode = evaluator.JudgeToOwnNode(connection);
            if (meantToNode != toNode)
                return $"{connection}, taken by the source's own node: meant {meantToNode}; compiled to {toNode}";
        }
        return null;
    }

    /// <summary>What is listed makes a difference: an address is judged otherwise than what is around it, a range otherwise than anyone, a class is named.</summary>
    public static string? OfEntries(ClusterSnapshot world, Func<ClusterSnapshot, IEnumerable<NodeRuleSet>> compile) =>
        compile(world).SelectMany(r => new[] { r.Egress, r.Ingress, r.EgressToNode }, (r, hook) => (r.Node, Idle: IdleEntries(hook).FirstOrDefault()))
            .Where(n => n.Idle is not null).Select(n => $"{n.Node} lists {n.Idle} for nothing").FirstOrDefault();

    /// <summary>Rule sets changed step by step by their differences are those of a fresh start; a difference is empty where nothing changes.</summary>
    public static string? OfDifferences(ClusterSnapshot world, IEnumerable<Step> steps, Func<ClusterSnapshot, IEnumerable<NodeRuleSet>> compile)
    {
        var held = ByNode(compile(world));
        foreach (var step in steps)
        {
            world = step.Apply(world);
            foreach (var after in compile(world))
            {
                var before = Of(held, after.Node);
                var delta = NodeRuleSetDelta.Between(before, after);
                if (delta.IsEmpty != (before == after))
                    return $"{step}: the difference of {after.Node} is {(delta.IsEmpty ? "" : "not ")}empty";
                held[after.Node] = delta.Apply(before);
                if (held[after.Node] != after)
                    return $"{step}: {after.Node} is not what a fresh start gives";
            }
        }
        return null;
    }

    /// <summary>What a compiler of changes keeps is, after every batch of steps, what a fresh start gives; and so are the differences that it tells.</summary>
    /// <param name="world">Where the walk begins.</param>
    /// <param name="batches">Each is taken in at once.</param>
    /// <param name="compile">A fresh start.</param>
    /// <param name="apply">Takes changes in, the first time the whole world.</param>
    /// <param name="rulesOf">The rules that are kept for a node.</param>
    public static string? OfChanges(
        ClusterSnapshot world, IEnumerable<Step[]> batches, Func<ClusterSnapshot, IEnumerable<NodeRuleSet>> compile,
        Func<ClusterChanges, IEnumerable<NodeRuleSetDelta>> apply, Func<string, NodeRuleSet> rulesOf)
    {
        var told = new Dictionary<string, NodeRuleSet>(StringComparer.Ordinal);
        var before = ClusterSnapshot.Empty;
        foreach (var batch in batches.Prepend([]))
        {
            world = batch.Aggregate(world, (w, step) => step.Apply(w));
            var changes = Changes.Between(before, world);
            before = world;
            foreach (var delta in apply(changes))
            {
                if (delta.IsEmpty)
                    return $"{string.Join<Step>("; ", batch)}: {delta.Node} is told of a change that is none";
                var held = Of(told, delta.Node);
                told[delta.Node] = delta.Apply(held);
                if (delta != NodeRuleSetDelta.Between(held, told[delta.Node]))
                    return $"{string.Join<Step>("; ", batch)}: {delta.Node} is told more than what changes";
            }
            var fresh = ByNode(compile(world));
            foreach (var node in fresh.Keys.Union(told.Keys, StringComparer.Ordinal))
            {
                var meant = Of(fresh, node);
                if (Of(told, node) != meant)
                    return $"{string.Join<Step>("; ", batch)}: {node} was not told what a fresh start gives: {Told(NodeRuleSetDelta.Between(Of(told, node), meant))}";
                if (rulesOf(node) != meant)
                    return $"{string.Join<Step>("; ", batch)}: what is kept for {node} is not what a fresh start gives";
            }
        }
        return null;
    }

    /// <summary>What is kept after many changes, none of which anybody looked at, is what a fresh start gives; and so is what they come to, taken together.</summary>
    /// <inheritdoc cref="OfChanges"/>
    public static string? OfUnreadChanges(
        ClusterSnapshot world, IEnumerable<Step> steps, Func<ClusterSnapshot, IEnumerable<NodeRuleSet>> compile,
        Func<ClusterChanges, IEnumerable<NodeRuleSetDelta>> apply, Func<string, NodeRuleSet> rulesOf)
    {
        _ = apply(Changes.Between(ClusterSnapshot.Empty, world)).Count();
        var start = ByNode(compile(world));
        var told = new List<NodeRuleSetDelta>();
        foreach (var step in steps)
        {
            var after = step.Apply(world);
            told.AddRange(apply(Changes.Between(world, after)));
            world = after;
        }
        var end = ByNode(compile(world));
        foreach (var deltas in told.GroupBy(d => d.Node, StringComparer.Ordinal))
        {
            var (before, meant) = (Of(start, deltas.Key), Of(end, deltas.Key));
            if (rulesOf(deltas.Key) != meant)
                return $"{deltas.Key} is not what a fresh start gives";
            if (NodeRuleSetDelta.Fold([.. deltas]) != NodeRuleSetDelta.Between(before, meant))
                return $"the {deltas.Count()} changes of {deltas.Key} come to something else than the difference";
        }
        return start.Keys.Union(end.Keys, StringComparer.Ordinal).Where(n => rulesOf(n) != Of(end, n)).Select(n => $"{n} is not what a fresh start gives").FirstOrDefault();
    }

    private static IEnumerable<string> IdleEntries(HookRules hook)
    {
        var rows = hook.Cells.GroupBy(c => c.Class).ToDictionary(g => g.Key, g => g.Select(c => (c.Subject, c.Profile)).ToValueArray());
        var peers = hook.Peers.Where(p => rows.GetValueOrDefault(p.Class) == Around(p.Address)).Select(p => p.ToString());
        var networks = hook.Networks.Where(n => !rows.ContainsKey(n.Class)).Select(n => n.ToString());
        var classes = hook.Classes.Except(hook.Peers.Select(p => p.Class).Concat(hook.Networks.Select(n => n.Class))).Select(id => $"class {id}");
        return peers.Concat(networks).Concat(classes);

        ValueArray<(IpAddress Subject, ProfileId Profile)> Around(IpAddress address) =>
            hook.Networks.Where(n => n.Range.Contains(address)).Select(n => rows.GetValueOrDefault(n.Class)).FirstOrDefault();
    }

    private static NodeRuleSet Of(Dictionary<string, NodeRuleSet> rules, string node) => rules.GetValueOrDefault(node) ?? NodeRuleSet.EmptyFor(node);

    private static string Told(NodeRuleSetDelta delta) =>
        $"known {delta.KnownPods.Removed.Count}-{delta.KnownPods.Added.Count}+ profiles {delta.Profiles.Removed.Count}-{delta.Profiles.Added.Count}+ " +
        $"decisions {delta.Decisions.Removed.Count}-{delta.Decisions.Added.Count}+ egress {Told(delta.Egress)} ingress {Told(delta.Ingress)} to node {Told(delta.EgressToNode)}";

    private static string Told(HookRulesDelta delta) =>
        $"rest {delta.Rest.Removed.Count}-{delta.Rest.Added.Count}+ self {delta.Self.Removed.Count}-{delta.Self.Added.Count}+ peers {delta.Peers.Removed.Count}-{delta.Peers.Added.Count}+ " +
        $"networks {delta.Networks.Removed.Count}-{delta.Networks.Added.Count}+ classes {delta.Classes.Removed.Count}-{delta.Classes.Added.Count}+ cells {delta.Cells.Removed.Count}-{delta.Cells.Added.Count}+";

    private static Dictionary<string, NodeRuleSet> ByNode(IEnumerable<NodeRuleSet> rules) => rules.ToDictionary(r => r.Node, StringComparer.Ordinal);

    private static string Told(ConnectionVerdict verdict) => $"egress {verdict.Egress}, ingress {verdict.Ingress}";
}
