using CsCheck;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;

namespace NetPol.Testing.Generation;

internal static class StepGenerators
{
    private static readonly Gen<Pod> SomePod = Gen.Int[0, 11].SelectMany(i => ClusterGenerators.PodNamed($"p{i}"));

    public static Gen<Step> OfPutPods { get; } = SomePod.Select(pod => new Step($"put {pod}", c => With(c, pod)));

    /// <summary>Generates one change of pods.</summary>
    public static Gen<Step> OfPods { get; } = Gen.Frequency<Step>(
        (3, OfPutPods),
        (2, At("remove pod", (c, i) => c.Pods.IsEmpty ? c : Pods(c, c.Pods.Where((_, at) => at != i % c.Pods.Count)))),
        (3, Gen.Select(Gen.Int[0, 11], Vocabulary.Labels, (i, labels) => new Step($"label pod {i} with {labels}", c => Relabeled(c, i, labels)))),
        (1, At("finish pod", (c, i) => c.Pods.IsEmpty ? c : Pods(c, c.Pods.Select((p, at) => at == i % c.Pods.Count ? p with { Finished = true } : p)))));

    public static Gen<Step> OfMuchLabeledPods { get; } = Gen.Select(SomePod, Gen.Int, (pod, seed) =>
    {
        var labeled = pod with { Labels = Enumerable.Range(0, 100).Aggregate(pod.Labels, (labels, i) => labels.With($"l{i}", $"{seed}")) };
        return new Step($"put {pod} and a hundred labels", c => With(c, labeled));
    });

    /// <summary>Generates one change. It replaces an existing object, as an update does.</summary>
    public static Gen<Step> Any { get; } = Gen.Frequency<Step>(
        (9, OfPods),
        (4, Gen.OneOf("p0", "p1", "p2", "p3", "p4", "p5").SelectMany(PolicyGenerators.PolicyNamed).Select(p => new Step($"put {p}", c => With(c, p)))),
        (2, At("remove policy", (c, i) => c.Policies.IsEmpty ? c : Policies(c, c.Policies.Where((_, at) => at != i % c.Policies.Count)))),
        (1, Gen.Select(Gen.Int[0, 11], Gen.Int[0, 3], (i, priority) => new Step($"priority {priority} for policy {i}", c => Ranked(c, i, p => p with { Priority = priority })))),
        (1, At("other tier for policy", (c, i) => Ranked(c, i, InOtherTier))),
        (2, Gen.OneOf(Vocabulary.Namespaces).SelectMany(ClusterGenerators.NamespaceNamed).Select(n => new Step($"put {n}", c => With(c, n)))),
        (1, Gen.OneOf(Vocabulary.Namespaces).Select(n => new Step($"remove namespace {n}", c => Namespaces(c, c.Namespaces.Where(x => x.Name != n))))),
        (1, Gen.OneOf(Vocabulary.Nodes).SelectMany(ClusterGenerators.NodeNamed).Select(n => new Step($"put {n}", c => With(c, n)))),
        (1, Gen.OneOf(Vocabulary.Nodes).Select(n => new Step($"remove node {n}", c => Nodes(c, c.Nodes.Where(x => x.Name != n))))));

    public static Gen<Step> OfSharedAddresses { get; } = Gen.Select(
        Gen.OneOf(Vocabulary.Nodes), Gen.Int[0, 11], (n, i) => new Step($"node {n} has the addresses of pod {i}", c => Shared(c, n, i)));

    private static Gen<Step> At(string what, Func<ClusterSnapshot, int, ClusterSnapshot> apply) =>
        Gen.Int[0, 11].Select(i => new Step($"{what} {i}", c => apply(c, i)));

    private static ClusterSnapshot Relabeled(ClusterSnapshot c, int i, Labels labels) =>
        c.Pods.IsEmpty ? c : Pods(c, c.Pods.Select((p, at) => at == i % c.Pods.Count ? p with { Labels = labels } : p));

    /// <summary>Generates a change of a policy that has a priority.</summary>
    private static ClusterSnapshot Ranked(ClusterSnapshot c, int i, Func<Policy, Policy> change)
    {
        var ranked = c.Policies.Where(p => p.Id.Kind is PolicyKind.AdminNetworkPolicy or PolicyKind.ClusterNetworkPolicy).ToArray();
        return ranked.Length == 0 ? c : With(c, change(ranked[i % ranked.Length]));
    }

    /// <summary>Generates a change that gives a node the addresses of a pod on another node.</summary>
    private static ClusterSnapshot Shared(ClusterSnapshot c, string name, int i)
    {
        var pods = c.Pods.Where(p => p.IsSelectable && p.Node != name).ToArray();
        return pods.Length > 0 && c.Nodes.FirstOrDefault(n => n.Name == name) is { } node
            ? With(c, node with { Addresses = node.Addresses.Concat(pods[i % pods.Length].Addresses).Distinct().ToValueArray() })
            : c;
    }

    private static Policy InOtherTier(Policy policy) =>
        policy.Id.Kind == PolicyKind.ClusterNetworkPolicy ? policy with { Tier = policy.Tier == Tier.Admin ? Tier.Baseline : Tier.Admin } : policy;

    private static ClusterSnapshot With(ClusterSnapshot c, Pod pod) => Pods(c, c.Pods.Where(p => p.Id != pod.Id).Append(pod));

    private static ClusterSnapshot With(ClusterSnapshot c, Policy policy) => Policies(c, c.Policies.Where(p => p.Id != policy.Id).Append(policy));

    private static ClusterSnapshot With(ClusterSnapshot c, Namespace ns) => Namespaces(c, c.Namespaces.Where(n => n.Name != ns.Name).Append(ns));

    private static ClusterSnapshot With(ClusterSnapshot c, Node node) => Nodes(c, c.Nodes.Where(n => n.Name != node.Name).Append(node));

    private static ClusterSnapshot Pods(ClusterSnapshot c, IEnumerable<Pod> pods) => ClusterSnapshot.Create(c.Namespaces, pods, c.Nodes, c.Policies);

    private static ClusterSnapshot Policies(ClusterSnapshot c, IEnumerable<Policy> policies) =>
        ClusterSnapshot.Create(c.Namespaces, c.Pods, c.Nodes, policies);

    private static ClusterSnapshot Namespaces(ClusterSnapshot c, IEnumerable<Namespace> namespaces) =>
        ClusterSnapshot.Create(namespaces, c.Pods, c.Nodes, c.Policies);

    private static ClusterSnapshot Nodes(ClusterSnapshot c, IEnumerable<Node> nodes) => ClusterSnapshot.Create(c.Namespaces, c.Pods, nodes, c.Policies);
}

/// <summary>One change of a cluster, generated independently of the cluster. It has no effect if its object does not exist.</summary>
/// <param name="Description">The description in failure messages, such as <c>put Pod a/p3</c>.</param>
/// <param name="Apply">Returns the cluster after the change.</param>
public sealed record Step(string Description, Func<ClusterSnapshot, ClusterSnapshot> Apply)
{
    public override string ToString() => Description;
}
