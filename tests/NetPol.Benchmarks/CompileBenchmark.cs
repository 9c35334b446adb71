using System.Diagnostics;
using System.Globalization;
using NetPol.Compiler;
using NetPol.Compiler.Budgets;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.RuleSets;

namespace NetPol.Benchmarks;

/// <summary>
/// Compiles a large cluster from scratch, on one thread, and holds time and memory against the limits. The first run pays for the
/// just-in-time compiler, as a controller that starts does; it is the one that counts.
/// </summary>
internal static class CompileBenchmark
{
    private const double LimitSeconds = 2;
    private const double LimitMegabytes = 500;

    public static int Run(string[] args)
    {
        var runs = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 3;
        var cluster = TenantCluster.Build(10_000, 1_000, 5_000, 100);
        Console.WriteLine($"{cluster.Pods.Count} pods, {cluster.Namespaces.Count} namespaces, {cluster.Policies.Count} policies, {cluster.Nodes.Count} nodes");
        Console.WriteLine($"{"run",4} {"seconds",8} {"of limit",9} {"CPU s",6} {"peak MB",8} {"of limit",9} {"allocated MB",13} {"rule sets MB",13}");
        var within = true;
        ValueArray<NodeRuleSet> result = default;
        for (var run = 1; run <= runs; run++)
        {
            result = default;
            within &= Measure(run, cluster, out result) || run > 1;
        }
        Describe(result);
        return within ? 0 : 1;
    }

    private static bool Measure(int run, ClusterSnapshot cluster, out ValueArray<NodeRuleSet> result)
    {
        var live = GC.GetTotalMemory(forceFullCollection: true);
        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        using var process = Process.GetCurrentProcess();
        var processor = process.TotalProcessorTime;
        var watch = Stopwatch.StartNew();
        result = PolicyCompiler.Compile(cluster, NamespaceBudget.Default);
        var seconds = watch.Elapsed.TotalSeconds;
        var total = Megabytes(GC.GetTotalAllocatedBytes(precise: true) - allocated);
        process.Refresh();
        var cpu = (process.TotalProcessorTime - processor).TotalSeconds;
        var peak = Megabytes(process.PeakWorkingSet64);
        var kept = Megabytes(GC.GetTotalMemory(forceFullCollection: true) - live);
        Console.WriteLine(
            $"{run,4} {seconds,8:F2} {seconds / LimitSeconds,9:P0} {cpu,6:F2} {peak,8:F0} {peak / LimitMegabytes,9:P0} {total,13:F0} {kept,13:F0}");
        return seconds <= LimitSeconds && peak <= LimitMegabytes;
    }

    private static void Describe(ValueArray<NodeRuleSet> result)
    {
        var points = result.SelectMany(r => new[] { r.PodEgress, r.PodIngress, r.PodToHost }).ToList();
        Console.WriteLine(
            $"in all: {points.Sum(h => h.Defaults.Count)} subjects, {points.Sum(h => h.Peers.Count)} peers, {points.Sum(h => h.Networks.Count)} networks, " +
            $"{points.Sum(h => h.Identities.Count)} identities, {points.Sum(h => h.PolicyEntries.Count)} policy entries, {result.Sum(r => r.PortPolicies.Count)} port policies, " +
            $"{result.Sum(r => r.Decisions.Count)} decisions");
    }

    private static double Megabytes(long bytes) => bytes / 1e6;
}
