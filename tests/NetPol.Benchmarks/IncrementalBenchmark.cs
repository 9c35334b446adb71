using System.Diagnostics;
using NetPol.Compiler;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;
using NetPol.Testing.Agreement;
using static NetPol.Testing.Clusters.Make;

namespace NetPol.Benchmarks;

/// <summary>What one change costs, in clusters of more and more pods, beside compiling the cluster anew.</summary>
internal static class IncrementalBenchmark
{
    private const int Nodes = 20;
    private const int Events = 100;

    public static int Run(string[] args)
    {
        Console.WriteLine($"{Nodes} nodes, {Events} changes of each sort, one thread; ms, changed nodes and entries are means of one change");
        Console.WriteLine($"{"pods",7} {"policies",9} {"anew ms",8}  {"what changes",-45} {"ms",8} {"of anew",8} {"nodes",6} {"entries",8}");
        foreach (var pods in (ReadOnlySpan<int>)[1_000, 10_000, 100_000])
            Measure(TenantCluster.Build(pods, Math.Min(pods / 10, 1_000), Math.Min(pods / 2, 5_000), Nodes));
        return 0;
    }

    private static void Measure(ClusterSnapshot cluster)
    {
        _ = PolicyCompiler.Compile(cluster);
        var watch = Stopwatch.StartNew();
        _ = PolicyCompiler.Compile(cluster);
        var anew = watch.Elapsed.TotalMilliseconds;

        var compiler = new IncrementalCompiler();
        compiler.Apply(ClusterDifference.Between(ClusterSnapshot.Empty, cluster));
        var random = new Random(2);
        var pods = cluster.Pods.ToArray();
        random.Shuffle(pods);
        var spaces = cluster.Namespaces.ToArray();
        random.Shuffle(spaces);

        Time("a pod takes another's place, as in a roll-out", i =>
        {
            var (old, elsewhere) = (pods[i], pods[Events + i]);
            var born = old with { Id = new(old.Id.Namespace, $"{old.Id.Name}-new"), Node = elsewhere.Node, Addresses = [AddressAt(i)] };
            return new() { Pods = [new(old.Id, null), new(born.Id, born)] };
        });
        Time("a pod's label that rules look at", i =>
        {
            var pod = pods[(2 * Events) + i];
            return new() { Pods = [new(pod.Id, pod with { Labels = pod.Labels.With("app", "app9") })] };
        });
        Time("a new NetworkPolicy for one app", i => Put(NetworkPolicy(
            $"{spaces[i % spaces.Length].Name}/new-{i}", "app=app1", [Allow(Pods($"team=t{i % 50}", "tier=front"), $"{7000 + i}/TCP")])));
        Time("a port in it", i => Put(NetworkPolicy(
            $"{spaces[i % spaces.Length].Name}/new-{i}", "app=app1", [Allow(Pods($"team=t{i % 50}", "tier=front"), $"{8000 + i}/TCP")])));
        Time("it goes", i => new() { Policies = [new(new(PolicyKind.NetworkPolicy, spaces[i % spaces.Length].Name, $"new-{i}"), null)] });
        Time("a namespace's label that rules look at", i =>
        {
            var space = spaces[i % spaces.Length];
            return new() { Namespaces = [new(space.Name, space with { Labels = space.Labels.With("team", $"t{i % 50}") })] };
        });
        Time("a node's label that rules look at", i =>
        {
            var node = cluster.Nodes[i % cluster.Nodes.Count];
            return new() { Nodes = [new(node.Name, node with { Labels = node.Labels.With("pool", $"p{(i + 1) % 4}") })] };
        });

        void Time(string what, Func<int, ClusterChanges> change)
        {
            var elapsed = TimeSpan.Zero;
            int nodes = 0, entries = 0;
            for (var i = 0; i < Events; i++)
            {
                var changes = change(i);
                watch.Restart();
                var deltas = compiler.Apply(changes);
                elapsed += watch.Elapsed;
                nodes += deltas.Count;
                entries += deltas.Sum(Entries);
            }
            var one = elapsed.TotalMilliseconds / Events;
            Console.WriteLine(
                $"{cluster.Pods.Count,7} {cluster.Policies.Count,9} {anew,8:F0}  {what,-45} {one,8:F2} {one / anew,8:P2} {nodes / (double)Events,6:F1} {entries / (double)Events,8:F0}");
        }
    }

    private static ClusterChanges Put(Policy policy) => new() { Policies = [new(policy.Id, policy)] };

    private static int Entries(NodeRuleSetDelta delta) => Entries(delta.ReadyPods) + Entries(delta.PortPolicies) + Entries(delta.Decisions) +
        Entries(delta.PodEgress) + Entries(delta.PodIngress) + Entries(delta.PodToHost);

    private static int Entries(EnforcementRulesDelta delta) => Entries(delta.Defaults) + Entries(delta.Self) + Entries(delta.Peers) + Entries(delta.Networks) +
        Entries(delta.Identities) + Entries(delta.PolicyEntries);

    private static int Entries<T>(ListChange<T> change) => change.Removed.Count + change.Added.Count;

    private static IpAddress AddressAt(int number) => new(IpFamily.V4, 0x0AC80000u + (uint)number);
}
