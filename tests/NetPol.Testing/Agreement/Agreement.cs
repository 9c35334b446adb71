using CsCheck;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.RuleSets;
using NetPol.Testing.Generation;
using NetPol.Testing.Oracles;

namespace NetPol.Testing.Agreement;

/// <summary>What must hold of every compiler of policies. Each check gives null when it holds, else what does not.</summary>
public static class CompilerAgreement
{
    public static Gen<ClusterSample> ClusterSamples { get; } = Generators.Clusters
        .SelectMany(cluster => Generators.Connections(cluster).Array[48].Select(connections => new ClusterSample(cluster, connections)));

    public static Gen<(ClusterSnapshot Cluster, Step[] Steps)> Walks { get; } = Gen.Select(Generators.Clusters, Generators.Steps.Array[1, 6]);

    private static Gen<Step> BusySteps => Gen.Frequency((19, Generators.Steps), (1, Generators.SharedAddressSteps));

    /// <summary>Longer walks in batches, most of which are small; now and then there is a crowd of pods.</summary>
    public static Gen<(ClusterSnapshot Cluster, Step[][] Batches)> BusyWalks { get; } = Gen.Select(
        Generators.Clusters,
        Gen.Frequency((30, BusySteps.Array[1, 3]), (3, Generators.Steps.Array[10, 20]), (1, Generators.PutPodSteps.Array[30, 50])).Array[4, 12]);

    /// <summary>Walks on which so much comes and goes that a compiler which remembers it has to begin anew: hundreds of pods, each with many labels.</summary>
    public static Gen<(ClusterSnapshot Cluster, Step[][] Batches)> CompactingWalks { get; } = Gen.Select(
        Generators.Clusters, Gen.Frequency((9, Generators.MuchLabeledPodSteps), (1, Generators.Steps)).Array[20].Array[60]);

    /// <summary>Rule sets judge as the oracle does, and name the same decider.</summary>
    public static string? CheckVerdicts(ClusterSample sample, Func<ClusterSnapshot, IEnumerable<NodeRuleSet>> compile)
    {
        var evaluator = new ClusterEvaluator(compile(sample.Cluster), sample.Cluster);
        foreach (var connection in sample.Connections)
        {
            ConnectionVerdict meant = Oracle.Evaluate(sample.Cluster, connection), actual = evaluator.Evaluate(connection);
            if (meant != actual)
                return $"{connection}: meant {Told(meant)}; compiled to {Told(actual)}";
            Decision meantToNode = Oracle.EvaluatePodToHost(sample.Cluster, connection), toNode = evaluator.EvaluatePodToHost(connection);
            if (meantToNode != toNode)
                return $"{connection}, taken by the source's own node: meant {meantToNode}; compiled to {toNode}";
        }
        return null;
    }

    /// <summary>What is listed makes a difference: an address is judged otherwise than what is around it, a range otherwise than anyone, a class is named.</summary>
    public static string? CheckEntries(ClusterSnapshot cluster, Func<ClusterSnapshot, IEnumerable<NodeRuleSet>> compile) =>
        compile(cluster).SelectMany(r => new[] { r.PodEgress, r.PodIngress, r.PodToHost }, (r, point) => (r.Node, Idle: IdleEntries(point).FirstOrDefault()))
            .Where(n => n.Idle is not null).Select(n => $"{n.Node} lists {n.Idle} for nothing").FirstOrDefault();

    /// <summary>Rule sets changed step by step by their differences are those of a fresh start; a difference is empty where nothing changes.</summary>
    public static string? CheckDifferences(ClusterSnapshot cluster, IEnumerable<Step> steps, Func<ClusterSnapshot, IEnumerable<NodeRuleSet>> compile)
    {
        var held = ByNode(compile(cluster));
        foreach (var step in steps)
        {
            cluster = step.Apply(cluster);
            foreach (var after in compile(cluster))
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
    /// <param name="cluster">Where the walk begins.</param>
    /// <param name="batches">Each is taken in at once.</param>
    /// <param name="compile">A fresh start.</param>
    /// <param name="apply">Takes changes in, the first time the whole world.</param>
    /// <param name="rulesOf">The rules that are kept for a node.</param>
    public static string? CheckChanges(
        ClusterSnapshot cluster, IEnumerable<Step[]> batches, Func<ClusterSnapshot, IEnumerable<NodeRuleSet>> compile,
        Func<ClusterChanges, IEnumerable<NodeRuleSetDelta>> apply, Func<string, NodeRuleSet> rulesOf)
    {
        var told = new Dictionary<string, NodeRuleSet>(StringComparer.Ordinal);
        var before = ClusterSnapshot.Empty;
        foreach (var batch in batches.Prepend([]))
        {
            cluster = batch.Aggregate(cluster, (w, step) => step.Apply(w));
            var changes = ClusterDifference.Between(before, cluster);
            before = cluster;
            foreach (var delta in apply(changes))
            {
                if (delta.IsEmpty)
                    return $"{string.Join<Step>("; ", batch)}: {delta.Node} is told of a change that is none";
                var held = Of(told, delta.Node);
                told[delta.Node] = delta.Apply(held);
                if (delta != NodeRuleSetDelta.Between(held, told[delta.Node]))
                    return $"{string.Join<Step>("; ", batch)}: {delta.Node} is told more than what changes";
            }
            var fresh = ByNode(compile(cluster));
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
    /// <inheritdoc cref="CheckChanges"/>
    public static string? CheckUnreadChanges(
        ClusterSnapshot cluster, IEnumerable<Step> steps, Func<ClusterSnapshot, IEnumerable<NodeRuleSet>> compile,
        Func<ClusterChanges, IEnumerable<NodeRuleSetDelta>> apply, Func<string, NodeRuleSet> rulesOf)
    {
        _ = apply(ClusterDifference.Between(ClusterSnapshot.Empty, cluster)).Count();
        var start = ByNode(compile(cluster));
        var told = new List<NodeRuleSetDelta>();
        foreach (var step in steps)
        {
            var after = step.Apply(cluster);
            told.AddRange(apply(ClusterDifference.Between(cluster, after)));
            cluster = after;
        }
        var end = ByNode(compile(cluster));
        foreach (var deltas in told.GroupBy(d => d.Node, StringComparer.Ordinal))
        {
            var (before, meant) = (Of(start, deltas.Key), Of(end, deltas.Key));
            if (rulesOf(deltas.Key) != meant)
                return $"{deltas.Key} is not what a fresh start gives";
            if (NodeRuleSetDelta.Merge([.. deltas]) != NodeRuleSetDelta.Between(before, meant))
                return $"the {deltas.Count()} changes of {deltas.Key} come to something else than the difference";
        }
        return start.Keys.Union(end.Keys, StringComparer.Ordinal).Where(n => rulesOf(n) != Of(end, n)).Select(n => $"{n} is not what a fresh start gives").FirstOrDefault();
    }

    private static IEnumerable<string> IdleEntries(EnforcementRules point)
    {
        var rows = point.PolicyEntries.GroupBy(c => c.Identity).ToDictionary(g => g.Key, g => g.Select(c => (c.Subject, c.PortPolicy)).ToValueArray());
        var peers = point.Peers.Where(p => rows.GetValueOrDefault(p.Identity) == Around(p.Address)).Select(p => p.ToString());
        var networks = point.Networks.Where(n => !rows.ContainsKey(n.Identity)).Select(n => n.ToString());
        var classes = point.Identities.Except(point.Peers.Select(p => p.Identity).Concat(point.Networks.Select(n => n.Identity))).Select(id => $"class {id}");
        return peers.Concat(networks).Concat(classes);

        ValueArray<(IpAddress Subject, PortPolicyId PortPolicy)> Around(IpAddress address) =>
            point.Networks.Where(n => n.Range.Contains(address)).Select(n => rows.GetValueOrDefault(n.Identity)).FirstOrDefault();
    }

    private static NodeRuleSet Of(Dictionary<string, NodeRuleSet> rules, string node) => rules.GetValueOrDefault(node) ?? NodeRuleSet.CreateEmpty(node);

    private static string Told(NodeRuleSetDelta delta) =>
        $"known {delta.ReadyPods.Removed.Count}-{delta.ReadyPods.Added.Count}+ profiles {delta.PortPolicies.Removed.Count}-{delta.PortPolicies.Added.Count}+ " +
        $"decisions {delta.Decisions.Removed.Count}-{delta.Decisions.Added.Count}+ egress {Told(delta.PodEgress)} ingress {Told(delta.PodIngress)} to node {Told(delta.PodToHost)}";

    private static string Told(EnforcementRulesDelta delta) =>
        $"rest {delta.Defaults.Removed.Count}-{delta.Defaults.Added.Count}+ self {delta.Self.Removed.Count}-{delta.Self.Added.Count}+ peers {delta.Peers.Removed.Count}-{delta.Peers.Added.Count}+ " +
        $"networks {delta.Networks.Removed.Count}-{delta.Networks.Added.Count}+ classes {delta.Identities.Removed.Count}-{delta.Identities.Added.Count}+ cells {delta.PolicyEntries.Removed.Count}-{delta.PolicyEntries.Added.Count}+";

    private static Dictionary<string, NodeRuleSet> ByNode(IEnumerable<NodeRuleSet> rules) => rules.ToDictionary(r => r.Node, StringComparer.Ordinal);

    private static string Told(ConnectionVerdict verdict) => $"egress {verdict.Egress}, ingress {verdict.Ingress}";
}

/// <summary>A cluster and connections to judge in it; its text is what a failed property shows.</summary>
public sealed record ClusterSample(ClusterSnapshot Cluster, IReadOnlyList<Connection> Connections)
{
    public override string ToString() => string.Join('\n', [
        "",
        .. Cluster.Namespaces.Select(n => $"namespace {n.Name} {n.Labels} logs {n.Logging}"),
        .. Cluster.Nodes.Select(n => $"node {n.Name} {n.Labels} {n.Addresses} reports {n.ReportedAddresses}"),
        .. Cluster.Pods.Select(p =>
            $"pod {p.Id} {p.Labels} on {p.Node ?? "nothing"} {p.Addresses} {p.Ports}{(p.HostNetwork ? " in the host's network" : "")}{(p.Finished ? " finished" : "")}"),
        .. Cluster.Policies.Select(p => $"{p.Id}{(p.IsAudited ? " audited" : "")}{(p.Isolation is { } i ? $" isolated ({i.Degree})" : "")} logs {p.Logging} {p.Tier} {p.Priority} on {p.Subject}\n  ingress {p.Ingress}\n  egress {p.Egress}"),
        .. Connections.Select(c => $"connection {c}"),
        ""]);
}

/// <summary>What changed between two moments of a cluster.</summary>
public static class ClusterDifference
{
    /// <summary>Objects that are in one alone, or in both and other than they were.</summary>
    public static ClusterChanges Between(ClusterSnapshot before, ClusterSnapshot after) => new()
    {
        Namespaces = Between(before.Namespaces, after.Namespaces, n => n.Name),
        Pods = Between(before.Pods, after.Pods, p => p.Id),
        Nodes = Between(before.Nodes, after.Nodes, n => n.Name),
        Policies = Between(before.Policies, after.Policies, p => p.Id),
    };

    private static ValueArray<KeyValuePair<TKey, T?>> Between<TKey, T>(ValueArray<T> before, ValueArray<T> after, Func<T, TKey> key)
        where TKey : notnull
        where T : class
    {
        var (old, now) = (before.ToDictionary(key), after.ToDictionary(key));
        return old.Keys.Union(now.Keys).Where(k => !Equals(old.GetValueOrDefault(k), now.GetValueOrDefault(k)))
            .Select(k => KeyValuePair.Create(k, now.GetValueOrDefault(k))).ToValueArray();
    }
}
