using System.Diagnostics;
using NetPol.Compiler;
using NetPol.Compiler.Analysis.Diff;
using NetPol.Compiler.Analysis.Reachability;
using NetPol.Compiler.Analysis.Unused;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;
using static NetPol.Testing.Clusters.Make;

namespace NetPol.Benchmarks;

/// <summary>
/// Compares a large cluster with itself after a change: of one policy, of every namespace's policies, and of all policies; finds what is of
/// no use in it; and maps its namespaces. Beside it stands compiling twice from scratch. One thread each.
/// </summary>
internal static class DiffBenchmark
{
    private const double LimitSeconds = 10;

    public static int Run(string[] args)
    {
        var cluster = TenantCluster.Build(10_000, 1_000, 5_000, 100);
        Console.WriteLine($"{cluster.Pods.Count} pods, {cluster.Namespaces.Count} namespaces, {cluster.Policies.Count} policies, {cluster.Nodes.Count} nodes");
        var compiling = ProcessorSeconds(() => _ = (PolicyCompiler.Compile(cluster), PolicyCompiler.Compile(cluster)));
        Console.WriteLine($"compiling both: {compiling:F2} s of processor time");
        Console.WriteLine($"{"change",-42} {"seconds",8} {"CPU s",6} {"of limit",9} {"groups",7} {"rows",6}");
        var within = true;
        foreach (var (name, after) in Changes(cluster))
        {
            if (args.Length > 0 && !name.Contains(args[0], StringComparison.Ordinal))
                continue;
            ClusterDiff? found = null;
            var watch = Stopwatch.StartNew();
            var seconds = ProcessorSeconds(() => found = ClusterDiffer.Compare(cluster, after));
            Console.WriteLine(
                $"{name,-42} {watch.Elapsed.TotalSeconds,8:F2} {seconds,6:F2} {seconds / LimitSeconds,9:P0} {found!.Groups.Count,7} {found.Changes.Count,6}");
            within &= seconds <= LimitSeconds;
        }
        var unused = 0;
        var finding = ProcessorSeconds(() => unused = UnusedFinder.Find(cluster).Count);
        Console.WriteLine($"policies and rules of no use: {unused}, found in {finding:F2} s of processor time, {finding / LimitSeconds:P0} of limit");
        var mapping = ProcessorSeconds(() => _ = NamespaceMapper.CreateMap(cluster));
        Console.WriteLine($"the map of namespaces: {mapping:F2} s of processor time, {mapping / LimitSeconds:P0} of limit");
        return within && finding <= LimitSeconds && mapping <= LimitSeconds ? 0 : 1;
    }

    /// <summary>Of all threads, so that other work on the machine does not count.</summary>
    private static double ProcessorSeconds(Action work)
    {
        using var process = Process.GetCurrentProcess();
        var before = process.TotalProcessorTime;
        work();
        process.Refresh();
        return (process.TotalProcessorTime - before).TotalSeconds;
    }

    private static IEnumerable<(string Name, ClusterSnapshot After)> Changes(ClusterSnapshot cluster)
    {
        yield return ("nothing", cluster);
        yield return ("one NetworkPolicy less", With(cluster, cluster.Policies.Where(p => p.Id.ToString() != "NetworkPolicy ns-0007/np-04")));
        yield return ("one NetworkPolicy of each namespace less", With(cluster, cluster.Policies.Where(p => p.Tier != Tier.NetworkPolicy || !p.Id.Name.EndsWith('4'))));
        yield return ("no pod reaches another", With(cluster, cluster.Policies.Append(Admin("closed", 0, InNamespaces(), egress: [Deny(Pods())]))));
        yield return ("no policies at all", With(cluster, []));
    }

    private static ClusterSnapshot With(ClusterSnapshot cluster, IEnumerable<Policy> policies) =>
        ClusterSnapshot.Create(cluster.Namespaces, cluster.Pods, cluster.Nodes, policies);
}
