using System.Globalization;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.Policies;
using static NetPol.Testing.Clusters.Make;

namespace NetPol.Testing.Clusters;

/// <summary>
/// Creates clusters in which one namespace's small, valid policies multiply (findings C5, C6 and H6 of the attack review). A neighbor namespace has pods c and d on
/// the same node, and a policy that allows c to reach d only on port 80. Equal arguments give equal clusters.
/// </summary>
public static class MultiplyingPolicies
{
    /// <summary>The node of the local pods.</summary>
    public const string Node = "n1";

    /// <summary>The namespace whose policies multiply.</summary>
    public const string Tenant = "tenant";

    /// <summary>The neighbor namespace.</summary>
    public const string Neighbor = "neighbor";

    private const int Blocks = 256;

    /// <summary>
    /// C5: each policy selects the pods with one label and allows ingress from pods with this label on a separate port. Each pod has a random half of the labels. So
    /// nearly every pod has its own policy set, and nearly every pair of pods its own port policy.
    /// </summary>
    /// <param name="pods">The number of the tenant's pods.</param>
    /// <param name="local">The number of these pods on <see cref="Node"/>. The others are on n2.</param>
    /// <param name="policies">The number of policies and of labels.</param>
    public static ClusterSnapshot OfLabels(int pods, int local, int policies)
    {
        var random = new Random(5);
        var labeled = Enumerable.Range(0, pods).Select(i => new Pod(
            new(Tenant, $"p{i}"), Tags(Enumerable.Range(0, policies).Where(_ => random.Next(2) == 0)), i < local ? Node : "n2",
            [Address($"10.1.{i / 250}.{(i % 250) + 1}")], []));
        var selecting = Enumerable.Range(0, policies).Select(i => NetworkPolicy(
            $"{Tenant}/label-{i}", $"b{i}=1", ingress: [Allow(PodsIn(Tenant, $"b{i}=1"), $"{1000 + i}/TCP")]));
        return Cluster(labeled, selecting);
    }

    /// <summary>
    /// H6 and C6: policies of one pod whose rules each allow egress to a random half of the blocks 0.0.0.0/8 to 255.0.0.0/8 (or of the IPv6 ones) on separate port ranges.
    /// Each block has its own peer identity, with a port policy of half of all ranges.
    /// </summary>
    /// <param name="rules">The number of rules per policy.</param>
    /// <param name="ranges">The number of port ranges per rule.</param>
    /// <param name="policies">The number of policies.</param>
    /// <param name="family">The address family of the blocks.</param>
    public static ClusterSnapshot OfNetworks(int rules, int ranges, int policies = 1, IpFamily family = IpFamily.V4)
    {
        var random = new Random(6);
        var pod = new Pod(new(Tenant, "p0"), Tags([]), Node, [Address("10.1.0.1"), Address("fd00:1::1")], []);
        var step = Math.Max(1, (ushort.MaxValue + 1) / (rules * ranges));
        var widest = Math.Max(1, step - 1);
        return Cluster([pod], Enumerable.Range(0, policies).Select(p => NetworkPolicy(
            $"{Tenant}/networks-{p}", egress: [.. Enumerable.Range(0, rules).Select(r => Rule(RuleAction.Allow, Half(), Ports(r)))])));

        Peer[] Half() => [.. Enumerable.Range(0, Blocks).OrderBy(_ => random.Next()).Take(Blocks / 2).Order().Select(b => Network(Block(b)))];

        string Block(int number) => family == IpFamily.V4 ? $"{number}.0.0.0/8" : $"{number.ToString("x2", CultureInfo.InvariantCulture)}00::/8";

        string[] Ports(int rule) => [.. Enumerable.Range(0, ranges).Select(i => ((i * rules) + rule) * step).Where(first => first + widest <= ushort.MaxValue)
            .Select(first => $"{first}-{first + widest - 1}/TCP")];
    }

    /// <summary>One policy with a rule for each address block, which may reach all pods of the tenant. All pods are local: one entry per pod and block.</summary>
    public static ClusterSnapshot OfBlocks(int pods, int blocks) => Cluster(
        Enumerable.Range(0, pods).Select(i => new Pod(new(Tenant, $"p{i}"), Tags([]), Node, [Address($"10.1.0.{i + 1}")], [])),
        [NetworkPolicy($"{Tenant}/blocks", ingress: [.. Enumerable.Range(0, blocks).Select(i => Allow(Network($"198.{i / 256}.{i % 256}.0/24"), "80/TCP"))])]);

    /// <summary>Returns the cluster after the neighbor denies everything to its own pods.</summary>
    public static ClusterSnapshot WithNeighborLockedDown(ClusterSnapshot cluster) => ClusterSnapshot.Create(
        cluster.Namespaces, cluster.Pods, cluster.Nodes,
        [.. cluster.Policies.Where(p => p.Id.Namespace != Neighbor), NetworkPolicy($"{Neighbor}/lock-down", ingress: [], egress: [])]);

    private static ClusterSnapshot Cluster(IEnumerable<Pod> pods, IEnumerable<Policy> policies) => ClusterSnapshot.Create(
        [new(Tenant, Tags([])), new(Neighbor, Tags([]))],
        [.. pods, Beside("c", "10.2.0.1"), Beside("d", "10.2.0.2")],
        [new(Node, NetPol.Model.Labels.None, [Address("192.168.0.1")]), new("n2", NetPol.Model.Labels.None, [Address("192.168.0.2")])],
        [.. policies, NetworkPolicy($"{Neighbor}/d-from-c", "name=d", ingress: [Allow(PodsIn(Neighbor, "name=c"), "80/TCP")])]);

    private static Pod Beside(string name, string address) =>
        new(new(Neighbor, name), Make.Labels($"name={name}"), Node, [Address(address)], []);

    private static Labels Tags(IEnumerable<int> numbers) => NetPol.Model.Labels.Create(numbers.Select(i => KeyValuePair.Create($"b{i}", "1")));
}
