using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;
using NetPol.Testing.Agreement;
using NetPol.Testing.Generation;

namespace NetPol.Compiler.Tests;

/// <summary>The random walks that compare incremental and full compilation include every kind of change.</summary>
[TestClass]
public sealed class IncrementalCompilerCoverageTests
{
    private const int AtLeast = 20;

    public required TestContext TestContext { get; init; }

    [TestMethod]
    public void Generated_walks_cover_every_type_of_change()
    {
        var met = Sorts.ToDictionary(s => s.Name, _ => 0, StringComparer.Ordinal);
        foreach (var (start, batches) in CompilerAgreement.BusyWalks.Draw(1000))
        {
            var cluster = start;
            foreach (var batch in batches)
            {
                var before = cluster;
                cluster = batch.Aggregate(cluster, (w, step) => step.Apply(w));
                var changes = ClusterDifference.Between(before, cluster);
                foreach (var (name, isMet) in Sorts)
                    met[name] += isMet(before, changes) ? 1 : 0;
            }
        }
        foreach (var (name, count) in met)
            TestContext.WriteLine($"{count,7}  {name}");
        var rare = met.Where(m => m.Value < AtLeast).Select(m => $"{m.Key}: {m.Value}").ToList();
        Assert.IsEmpty(rare, string.Join('\n', rare));
    }

    private static IEnumerable<(string Name, Func<ClusterSnapshot, ClusterChanges, bool> IsMet)> Sorts =>
    [
        .. Of("pod", b => b.Pods, p => p.Id, c => c.Pods),
        .. Of("namespace", b => b.Namespaces, n => n.Name, c => c.Namespaces),
        .. Of("node", b => b.Nodes, n => n.Name, c => c.Nodes),
        .. Of("policy", b => b.Policies, p => p.Id, c => c.Policies),
        Pod("labels", (b, a) => b.Labels != a.Labels),
        Pod("node", (b, a) => b.Node != a.Node),
        Pod("addresses", (b, a) => b.Addresses != a.Addresses),
        Pod("named ports", (b, a) => b.Ports != a.Ports && (b.Ports.Any(p => p.Name is not null) || a.Ports.Any(p => p.Name is not null))),
        Pod("end", (b, a) => !b.Finished && a.Finished),
        Pod("labels of a finished", (b, a) => b.Finished && a.Finished && b.Labels != a.Labels),
        ("a finished pod of a node goes", (b, c) => c.Pods.Any(n => n.Value is null && b.Pods.Any(p => p.Id == n.Key && p is { Finished: true, Node: not null }))),
        ("a live pod takes the address of a finished one", (b, c) => c.Pods.Any(n => n.Value is { IsSelectable: true } pod && IsFinished(b, pod))),
        ("a live pod leaves its address to a finished one", (b, c) => c.Pods.Any(n => n.Value is not { IsSelectable: true } &&
            b.Pods.FirstOrDefault(p => p.Id == n.Key) is { IsSelectable: true } pod && IsFinished(c.ApplyTo(b), pod))),
        Pod("network of the host", (b, a) => b.HostNetwork != a.HostNetwork),
        Namespace("labels", (b, a) => b.Labels != a.Labels),
        Node("labels", (b, a) => b.Labels != a.Labels),
        Node("addresses", (b, a) => b.Addresses != a.Addresses),
        Node("networks of pods", (b, a) => b.PodCidrs != a.PodCidrs),
        Policy("priority", (b, a) => b.Priority != a.Priority && b == a with { Priority = b.Priority }),
        Policy("tier", (b, a) => b.Tier != a.Tier && b == a with { Tier = b.Tier }),
        Policy("subject", (b, a) => b.Subject != a.Subject),
        Policy("direction", (b, a) => b.Ingress is null != a.Ingress is null || b.Egress is null != a.Egress is null),
        Policy("named ports", (b, a) => Names(b) != Names(a)),
        ("a network of pods has another node", (b, c) => c.Nodes.Any(n => n.Value is { } node &&
            b.Nodes.Any(o => o.Name != n.Key && o.PodCidrs.Intersect(node.PodCidrs).Any()))),
        ("every kind in one batch", (_, c) => !c.Pods.IsEmpty && !c.Namespaces.IsEmpty && !c.Nodes.IsEmpty && !c.Policies.IsEmpty),
        ("many addresses in one batch", (b, c) => c.Pods.SelectMany(p => (Pod?[])[p.Value, b.Pods.FirstOrDefault(o => o.Id == p.Key)])
            .Where(p => p is { IsSelectable: true }).SelectMany(p => p!.Addresses).Distinct().Count() > 32),
    ];

    /// <summary>Whether other finished pods, and no live ones, have an address of the pod.</summary>
    private static bool IsFinished(ClusterSnapshot cluster, Pod pod) => pod.Addresses.Any(a =>
        cluster.Pods.Any(p => p.Id != pod.Id && p is { Finished: true, HostNetwork: false, Node: not null } && p.Addresses.Contains(a)) &&
        !cluster.Pods.Any(p => p.IsSelectable && p.Addresses.Contains(a)));

    private static IEnumerable<(string Name, Func<ClusterSnapshot, ClusterChanges, bool> IsMet)> Of<TKey, T>(
        string kind, Func<ClusterSnapshot, ValueArray<T>> objects, Func<T, TKey> key, Func<ClusterChanges, ValueArray<KeyValuePair<TKey, T?>>> changes)
        where T : class
    {
        yield return ($"a {kind} comes", (b, c) => changes(c).Any(n => n.Value is not null && !Was(b, n.Key)));
        yield return ($"a {kind} goes", (_, c) => changes(c).Any(n => n.Value is null));
        yield return ($"a {kind} is another", (b, c) => changes(c).Any(n => n.Value is not null && Was(b, n.Key)));

        bool Was(ClusterSnapshot before, TKey name) => objects(before).Any(o => key(o)!.Equals(name));
    }

    private static (string Name, Func<ClusterSnapshot, ClusterChanges, bool> IsMet) Pod(string what, Func<Pod, Pod, bool> differ) =>
        ($"{what} of a pod", (b, c) => c.Pods.Any(n => n.Value is { } after && b.Pods.Any(o => o.Id == n.Key && differ(o, after))));

    private static (string Name, Func<ClusterSnapshot, ClusterChanges, bool> IsMet) Namespace(string what, Func<Namespace, Namespace, bool> differ) =>
        ($"{what} of a namespace", (b, c) => c.Namespaces.Any(n => n.Value is { } after && b.Namespaces.Any(o => o.Name == n.Key && differ(o, after))));

    private static (string Name, Func<ClusterSnapshot, ClusterChanges, bool> IsMet) Node(string what, Func<Node, Node, bool> differ) =>
        ($"{what} of a node", (b, c) => c.Nodes.Any(n => n.Value is { } after && b.Nodes.Any(o => o.Name == n.Key && differ(o, after))));

    private static (string Name, Func<ClusterSnapshot, ClusterChanges, bool> IsMet) Policy(string what, Func<Policy, Policy, bool> differ) =>
        ($"{what} of a policy", (b, c) => c.Policies.Any(n => n.Value is { } after && b.Policies.Any(o => o.Id == n.Key && differ(o, after))));

    private static ValueArray<string> Names(Policy policy) => (policy.Ingress ?? []).Concat(policy.Egress ?? [])
        .SelectMany(r => r.Ports ?? []).OfType<PortMatch.Named>().Select(n => n.Name).Distinct().Order().ToValueArray();
}
