using CsCheck;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.RuleSets;
using NetPol.Testing.Generation;
using NetPol.Testing.Oracles;

namespace NetPol.Testing.Agreement;

/// <summary>Properties that a policy compiler must have. Each check returns null if the property holds, otherwise a description of the failure.</summary>
public static class CompilerAgreement
{
    public static Gen<ClusterSample> ClusterSamples { get; } = Generators.Clusters
        .SelectMany(cluster => Generators.Connections(cluster).Array[48].Select(connections => new ClusterSample(cluster, connections)));

    public static Gen<(ClusterSnapshot Cluster, Step[] Steps)> Walks { get; } = Gen.Select(Generators.Clusters, Generators.Steps.Array[1, 6]);

    private static Gen<Step> BusySteps => Gen.Frequency((19, Generators.Steps), (1, Generators.SharedAddressSteps));

    /// <summary>Longer walks in batches. Most batches are small; some add many pods.</summary>
    public static Gen<(ClusterSnapshot Cluster, Step[][] Batches)> BusyWalks { get; } = Gen.Select(
        Generators.Clusters,
        Gen.Frequency((30, BusySteps.Array[1, 3]), (3, Generators.Steps.Array[10, 20]), (1, Generators.PutPodSteps.Array[30, 50])).Array[4, 12]);

    /// <summary>Walks with so many added and removed objects that the compiler must compact its tables: hundreds of pods, each with many labels.</summary>
    public static Gen<(ClusterSnapshot Cluster, Step[][] Batches)> CompactingWalks { get; } = Gen.Select(
        Generators.Clusters, Gen.Frequency((9, Generators.MuchLabeledPodSteps), (1, Generators.Steps)).Array[20].Array[60]);

    /// <summary>Checks that rule sets give the same verdict and decider as the oracle.</summary>
    public static string? CheckVerdicts(ClusterSample sample, Func<ClusterSnapshot, IEnumerable<NodeRuleSet>> compile)
    {
        var evaluator = new ClusterEvaluator(compile(sample.Cluster), sample.Cluster);
        foreach (var connection in sample.Connections)
        {
            ConnectionVerdict expected = Oracle.Evaluate(sample.Cluster, connection), actual = evaluator.Evaluate(connection);
            if (expected != actual)
                return $"{connection}: expected {Describe(expected)}; compiled to {Describe(actual)}";
            Decision expectedToNode = Oracle.EvaluatePodToHost(sample.Cluster, connection), toNode = evaluator.EvaluatePodToHost(connection);
            if (expectedToNode != toNode)
                return $"{connection}, taken by the source's own node: expected {expectedToNode}; compiled to {toNode}";
        }
        return null;
    }

    /// <summary>Checks that every entry is necessary: an address differs from its range, a range differs from the default, and an identity is used.</summary>
    public static string? CheckEntries(ClusterSnapshot cluster, Func<ClusterSnapshot, IEnumerable<NodeRuleSet>> compile) =>
        compile(cluster).SelectMany(r => new[] { r.PodEgress, r.PodIngress, r.PodToHost }, (r, point) => (r.Node, Idle: IdleEntries(point).FirstOrDefault()))
            .Where(n => n.Idle is not null).Select(n => $"{n.Node} lists {n.Idle} for nothing").FirstOrDefault();

    /// <summary>Checks that deltas, applied step by step, give the rule sets of a full compilation, and that unchanged nodes have empty deltas.</summary>
    public static string? CheckDifferences(ClusterSnapshot cluster, IEnumerable<Step> steps, Func<ClusterSnapshot, IEnumerable<NodeRuleSet>> compile)
    {
        var current = ByNode(compile(cluster));
        foreach (var step in steps)
        {
            cluster = step.Apply(cluster);
            foreach (var after in compile(cluster))
            {
                var before = Of(current, after.Node);
                var delta = NodeRuleSetDelta.Between(before, after);
                if (delta.IsEmpty != (before == after))
                    return $"{step}: the difference of {after.Node} is {(delta.IsEmpty ? "" : "not ")}empty";
                current[after.Node] = delta.Apply(before);
                if (current[after.Node] != after)
                    return $"{step}: {after.Node} is not what a fresh start gives";
            }
        }
        return null;
    }

    /// <summary>Checks an incremental compiler: after every batch, its rule sets and its deltas equal those of a full compilation.</summary>
    /// <param name="cluster">The first cluster of the walk.</param>
    /// <param name="batches">The steps of the walk. Each batch is applied at once.</param>
    /// <param name="compile">Compiles a whole cluster.</param>
    /// <param name="apply">Applies changes and returns the deltas. The first change is the whole cluster.</param>
    /// <param name="rulesOf">Returns the incremental compiler's rules of a node.</param>
    public static string? CheckChanges(
        ClusterSnapshot cluster, IEnumerable<Step[]> batches, Func<ClusterSnapshot, IEnumerable<NodeRuleSet>> compile,
        Func<ClusterChanges, IEnumerable<NodeRuleSetDelta>> apply, Func<string, NodeRuleSet> rulesOf)
    {
        var sent = new Dictionary<string, NodeRuleSet>(StringComparer.Ordinal);
        var before = ClusterSnapshot.Empty;
        foreach (var batch in batches.Prepend([]))
        {
            cluster = batch.Aggregate(cluster, (w, step) => step.Apply(w));
            var changes = ClusterDifference.Between(before, cluster);
            before = cluster;
            foreach (var delta in apply(changes))
            {
                if (delta.IsEmpty)
                    return $"{string.Join<Step>("; ", batch)}: {delta.Node} is sent a change that is none";
                var current = Of(sent, delta.Node);
                sent[delta.Node] = delta.Apply(current);
                if (delta != NodeRuleSetDelta.Between(current, sent[delta.Node]))
                    return $"{string.Join<Step>("; ", batch)}: {delta.Node} is sent more than what changes";
            }
            var fresh = ByNode(compile(cluster));
            foreach (var node in fresh.Keys.Union(sent.Keys, StringComparer.Ordinal))
            {
                var expected = Of(fresh, node);
                if (Of(sent, node) != expected)
                    return $"{string.Join<Step>("; ", batch)}: {node} was not sent what a fresh start gives: {Describe(NodeRuleSetDelta.Between(Of(sent, node), expected))}";
                if (rulesOf(node) != expected)
                    return $"{string.Join<Step>("; ", batch)}: what is kept for {node} is not what a fresh start gives";
            }
        }
        return null;
    }

    /// <summary>Checks that after many changes without reads, the rule sets and the merged deltas equal those of a full compilation.</summary>
    /// <inheritdoc cref="CheckChanges"/>
    public static string? CheckUnreadChanges(
        ClusterSnapshot cluster, IEnumerable<Step> steps, Func<ClusterSnapshot, IEnumerable<NodeRuleSet>> compile,
        Func<ClusterChanges, IEnumerable<NodeRuleSetDelta>> apply, Func<string, NodeRuleSet> rulesOf)
    {
        _ = apply(ClusterDifference.Between(ClusterSnapshot.Empty, cluster)).Count();
        var start = ByNode(compile(cluster));
        var sent = new List<NodeRuleSetDelta>();
        foreach (var step in steps)
        {
            var after = step.Apply(cluster);
            sent.AddRange(apply(ClusterDifference.Between(cluster, after)));
            cluster = after;
        }
        var end = ByNode(compile(cluster));
        foreach (var deltas in sent.GroupBy(d => d.Node, StringComparer.Ordinal))
        {
            var (before, expected) = (Of(start, deltas.Key), Of(end, deltas.Key));
            if (rulesOf(deltas.Key) != expected)
                return $"{deltas.Key} is not what a fresh start gives";
            if (NodeRuleSetDelta.Merge([.. deltas]) != NodeRuleSetDelta.Between(before, expected))
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

    private static string Describe(NodeRuleSetDelta delta) =>
        $"known {delta.ReadyPods.Removed.Count}-{delta.ReadyPods.Added.Count}+ profiles {delta.PortPolicies.Removed.Count}-{delta.PortPolicies.Added.Count}+ " +
        $"decisions {delta.Decisions.Removed.Count}-{delta.Decisions.Added.Count}+ egress {Describe(delta.PodEgress)} ingress {Describe(delta.PodIngress)} to node {Describe(delta.PodToHost)}";

    private static string Describe(EnforcementRulesDelta delta) =>
        $"rest {delta.Defaults.Removed.Count}-{delta.Defaults.Added.Count}+ self {delta.Self.Removed.Count}-{delta.Self.Added.Count}+ peers {delta.Peers.Removed.Count}-{delta.Peers.Added.Count}+ " +
        $"networks {delta.Networks.Removed.Count}-{delta.Networks.Added.Count}+ identities {delta.Identities.Removed.Count}-{delta.Identities.Added.Count}+ entries {delta.PolicyEntries.Removed.Count}-{delta.PolicyEntries.Added.Count}+";

    private static Dictionary<string, NodeRuleSet> ByNode(IEnumerable<NodeRuleSet> rules) => rules.ToDictionary(r => r.Node, StringComparer.Ordinal);

    private static string Describe(ConnectionVerdict verdict) => $"egress {verdict.Egress}, ingress {verdict.Ingress}";
}

/// <summary>A cluster and connections to evaluate in it. A failed property prints its text.</summary>
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

/// <summary>The difference between two states of a cluster.</summary>
public static class ClusterDifference
{
    /// <summary>The added, removed and changed objects.</summary>
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
