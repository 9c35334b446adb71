using System.Diagnostics;
using System.Net;
using NetPol.Benchmarks.DataPlane;
using NetPol.Compiler;
using NetPol.Compiler.Budgets;
using NetPol.Lab;
using NetPol.Model.Cluster;
using NetPol.Model.RuleSets;
using NetPol.Nftables;
using NetPol.Nftables.Kernel;
using NetPol.Rendering;
using NetPol.Testing.Agreement;
using NetPol.Testing.Clusters;

namespace NetPol.Benchmarks;

/// <summary>
/// What policies cost that multiply: in the controller, where their namespace exceeds its budget, and in the kernel, where it just keeps to it. And what counting costs in a large
/// cluster in which no namespace exceeds anything.
/// </summary>
internal static class BudgetBenchmark
{
    private const int Rounds = 5;

    public static int Run(string[] args)
    {
        Console.WriteLine($"{"beyond the budget",-34} {"limit",-13} {"compile ms",10} {"allocated MB",12} {"peak MB",8} {"a neighbor's change ms",22}");
        foreach (var (pods, local, policies) in new[] { (100, 30, 20), (200, 50, 30), (300, 110, 60), (1000, 110, 60), (300, 110, 240), (300, 110, 960) })
            Compile($"labels {pods} ({local}), {policies} policies", MultiplyingPolicies.OfLabels(pods, local, policies));
        foreach (var (rules, ranges, policies) in new[] { (20, 50, 1), (40, 50, 1), (60, 80, 1), (60, 120, 1), (60, 120, 4), (60, 120, 16), (100, 80, 3), (100, 80, 12), (100, 80, 48) })
            Compile($"networks {policies} x {rules} rules, {ranges} ranges", MultiplyingPolicies.OfNetworks(rules, ranges, policies));

        using var lab = LabNetwork.Create(new([new(MeasuredCluster.Node, [IPAddress.Parse("192.0.2.1")])], [], []), $"bench{Environment.ProcessId}-budget");
        using var kernel = lab.Nodes[0].Run(KernelNftables.Open);
        Console.WriteLine($"{"within the budget",-34} {"entries",7} {"policies",8} {"ranges",7} {"commit ms",10}");
        Commit(kernel, "port policies", MultiplyingPolicies.OfLabels(43, 43, 16));
        Commit(kernel, "port ranges", MultiplyingPolicies.OfNetworks(8, 19));
        Commit(kernel, "entries", MultiplyingPolicies.OfBlocks(100, 198));

        var cluster = TenantCluster.Build(10_000, 1_000, 5_000, 100);
        Console.WriteLine($"counting in {cluster.Pods.Count} pods, {cluster.Namespaces.Count} namespaces, {cluster.Policies.Count} policies, ms, median of {Rounds}");
        Console.WriteLine($"  from scratch, without and with  {FromScratch(cluster, null),8:F0} {FromScratch(cluster, NamespaceBudget.Default),8:F0}");
        Console.WriteLine($"  a pod elsewhere                 {OnePod(cluster, null),8:F1} {OnePod(cluster, NamespaceBudget.Default),8:F1}");
        return 0;
    }

    private static void Compile(string name, ClusterSnapshot cluster)
    {
        GC.Collect();
        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        var compiler = new IncrementalCompiler(budget: NamespaceBudget.Default);
        var watch = Stopwatch.StartNew();
        compiler.Apply(ClusterChanges.FromEmptyTo(cluster));
        var compiled = watch.Elapsed.TotalMilliseconds;
        var megabytes = (GC.GetTotalAllocatedBytes(precise: true) - allocated) / 1e6;
        watch.Restart();
        compiler.Apply(ClusterDifference.Between(cluster, MultiplyingPolicies.WithNeighborLockedDown(cluster)));
        var changed = watch.Elapsed.TotalMilliseconds;
        using var process = Process.GetCurrentProcess();
        var exceeded = compiler.ExceededBudgets.Select(e => e.LimitType.ToString()).FirstOrDefault("none");
        Console.WriteLine($"{name,-34} {exceeded,-13} {compiled,10:F0} {megabytes,12:F0} {process.PeakWorkingSet64 / 1e6,8:F0} {changed,22:F1}");
    }

    private static void Commit(KernelNftables kernel, string name, ClusterSnapshot cluster)
    {
        var rules = PolicyCompiler.CompileNode(cluster, MultiplyingPolicies.Node, NamespaceBudget.Default);
        var times = new double[Rounds];
        for (var round = 0; round < Rounds; round++)
        {
            var change = TableDiff.Between(null, Renderer.Render(rules));
            var watch = Stopwatch.StartNew();
            kernel.Commit(change);
            times[round] = watch.Elapsed.TotalMilliseconds;
            kernel.Commit(new(Renderer.TableName, [new Operation.DeleteTable()]));
        }
        EnforcementRules[] points = [rules.PodEgress, rules.PodIngress];
        Console.WriteLine($"{name,-34} {points.Sum(h => h.PolicyEntries.Count),7} {rules.PortPolicies.Count,8} {rules.PortPolicies.Sum(p => p.Entries.Count),7} {times.Order().ElementAt(Rounds / 2),10:F0}");
    }

    private static double FromScratch(ClusterSnapshot cluster, NamespaceBudget? budget) => Median(() =>
    {
        var watch = Stopwatch.StartNew();
        _ = PolicyCompiler.Compile(cluster, budget);
        return watch.Elapsed.TotalMilliseconds;
    });

    private static double OnePod(ClusterSnapshot cluster, NamespaceBudget? budget)
    {
        var compiler = new IncrementalCompiler(budget: budget);
        compiler.Apply(ClusterChanges.FromEmptyTo(cluster));
        var next = 0;
        return Median(() =>
        {
            var (old, elsewhere) = (cluster.Pods[next++], cluster.Pods[^next]);
            var born = old with { Id = new(old.Id.Namespace, $"{old.Id.Name}-new"), Node = elsewhere.Node };
            var watch = Stopwatch.StartNew();
            compiler.Apply(new() { Pods = [new(old.Id, null), new(born.Id, born)] });
            return watch.Elapsed.TotalMilliseconds;
        });
    }

    private static double Median(Func<double> measure) => Enumerable.Range(0, Rounds).Select(_ => measure()).Order().ElementAt(Rounds / 2);
}
