using System.Diagnostics;
using System.Globalization;
using System.Net;
using NetPol.Benchmarks.DataPlane;
using NetPol.Compiler;
using NetPol.Lab;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.Policies;
using NetPol.Nftables;
using NetPol.Nftables.Kernel;
using NetPol.Rendering;
using static NetPol.Testing.Clusters.Make;

namespace NetPol.Benchmarks.KernelLoad;

/// <summary>
/// Loading a policy of many networks beside <c>nft -f</c> of one plain interval set of the same networks, in turn; and one network more or less. Each size is measured with
/// networks that do not touch, and with nested ones that three rules share in every way. Arguments: sizes; 1000, 4000 and 10000 without any.
/// </summary>
internal static class CidrLoadBenchmark
{
    private const string Node = "bench";
    private const int Rounds = 7;
    private const int Changes = 100;
    private const double Limit = 5;
    private const string PlainTable = "plain";

    public static int Run(string[] args)
    {
        var sizes = args.DefaultIfEmpty("").SelectMany(a => a.Length == 0 ? [1_000, 4_000, 10_000] : new[] { int.Parse(a, CultureInfo.InvariantCulture) }).ToList();
        using var lab = LabNetwork.Create(new([new(Node, [IPAddress.Parse("192.0.2.1")])], [], []), $"bench{Environment.ProcessId}-networks");
        using var kernel = lab.Nodes[0].Run(KernelNftables.Open);
        var isWithin = true;
        foreach (var size in sizes)
        {
            isWithin &= Measure(lab.Nodes[0], kernel, "that do not touch", Scattered(size), rules: 1);
            isWithin &= Measure(lab.Nodes[0], kernel, "nested, in 3 rules", Nested(size), rules: 3);
        }
        return isWithin ? 0 : 1;
    }

    private static bool Measure(LabNode node, KernelNftables kernel, string shape, List<Cidr> networks, int rules)
    {
        var cluster = Cluster(networks, rules);
        var ruleSet = PolicyCompiler.CompileNode(cluster, Node);
        var (text, plain) = (NftText.Write(Renderer.Render(ruleSet)), Plain(networks));
        var (commits, loads, plains) = (new List<double>(), new List<double>(), new List<double>());
        for (var round = -1; round < Rounds; round++)
        {
            var set = NftCommand.Load(node, plain).TotalMilliseconds;
            kernel.Commit(new(PlainTable, [new Operation.DeleteTable()]));
            var load = NftCommand.Load(node, text).TotalMilliseconds;
            Remove(kernel);
            var start = Stopwatch.GetTimestamp();
            kernel.Commit(TableDiff.Between(null, Renderer.Render(ruleSet)));
            var commit = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            Remove(kernel);
            if (round < 0)
                continue;
            plains.Add(set);
            loads.Add(load);
            commits.Add(commit);
        }
        var (byNft, byAgent) = (Median(loads.Zip(plains, (a, b) => a / b)), Median(commits.Zip(plains, (a, b) => a / b)));
        Console.WriteLine($"{networks.Count:N0} networks {shape}: {ruleSet.PodIngress.Identities.Count} classes, {ruleSet.PodIngress.Networks.Count:N0} ranges; ms, median of {Rounds} rounds (ratio to the plain set)");
        Console.WriteLine($"  nft -f, plain interval set  {Median(plains),8:F1}");
        Console.WriteLine($"  nft -f, NetPol's table      {Median(loads),8:F1} ({byNft:F2})");
        Console.WriteLine($"  NetPol, render and commit   {Median(commits),8:F1} ({byAgent:F2}; limit {Limit})");
        ChangeOne(kernel, networks, rules);
        ChangeOnePlain(node, kernel, plain);
        return byNft <= Limit && byAgent <= Limit;
    }

    /// <summary>Adds a network to a rule and removes it again: the time to compile the change, its size, and the time until it is programmed.</summary>
    private static void ChangeOne(KernelNftables kernel, List<Cidr> networks, int rules)
    {
        var (without, with) = (Cluster(networks, rules), Cluster([.. networks, Cidr.Parse("198.51.100.0/24")], rules));
        var compiler = new IncrementalCompiler();
        compiler.Apply(NetPol.Testing.Agreement.ClusterDifference.Between(ClusterSnapshot.Empty, without));
        kernel.Commit(TableDiff.Between(null, Renderer.Render(compiler.RulesOf(Node).RuleSet)));
        try
        {
            var (compiles, commits, operations, epoch) = (new List<double>(), new List<double>(), new List<double>(), GuardEpoch.Even);
            for (var i = -10; i < Changes; i++)
            {
                var changes = i % 2 == 0 ? NetPol.Testing.Agreement.ClusterDifference.Between(without, with) : NetPol.Testing.Agreement.ClusterDifference.Between(with, without);
                var start = Stopwatch.GetTimestamp();
                var delta = compiler.Apply(changes).Single();
                var compiled = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
                var change = Renderer.Render(delta, epoch: epoch);
                epoch = CommitGuard.EpochAfter(change, epoch);
                // A change alone waits for no packets.
                kernel.WaitForPackets();
                start = Stopwatch.GetTimestamp();
                var committed = 0.0;
                kernel.Commit(change, () => committed = Stopwatch.GetElapsedTime(start).TotalMilliseconds);
                if (i < 0)
                    continue;
                compiles.Add(compiled);
                commits.Add(committed);
                operations.Add(delta.PodIngress.Networks.Removed.Count + delta.PodIngress.Networks.Added.Count);
            }
            Console.WriteLine($"  one network more or less: {operations.Average():F1} ranges change; ms: compile {Median(compiles):F1}, commit {Median(commits):F2} (99th percentile {commits.Order().ElementAt(Changes * 99 / 100):F2})");
        }
        finally
        {
            Remove(kernel);
        }
    }

    /// <summary>A network comes into the plain set, and goes again.</summary>
    private static void ChangeOnePlain(LabNode node, KernelNftables kernel, string plain)
    {
        NftCommand.Load(node, plain);
        var set = new Set { Name = "networks", Key = new(KeyField.Ipv4Addr), IsInterval = true };
        var (first, last) = (Address("198.51.100.0").Value, Address("198.51.100.255").Value);
        var elements = ElementList.Create([new Element(set.Key.Key(first), set.Key.Key(last), default)]);
        var commits = new List<double>();
        for (var i = -10; i < Changes; i++)
        {
            var start = Stopwatch.GetTimestamp();
            kernel.CommitBatch(new(PlainTable, [i % 2 == 0 ? new Operation.AddElements(set, elements) : new Operation.DeleteElements(set, elements)]));
            if (i >= 0)
                commits.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }
        kernel.Commit(new(PlainTable, [new Operation.DeleteTable()]));
        Console.WriteLine($"    the same in the plain set: ms: commit {Median(commits):F2} (99th percentile {commits.Order().ElementAt(Changes * 99 / 100):F2})");
    }

    private static ClusterSnapshot Cluster(List<Cidr> networks, int rules)
    {
        var pod = new Pod(new("shop", "web"), Labels("app=web"), Node, [Address("172.16.0.1")], []);
        // With three rules a network is in one of the seven sets of them.
        var ingress = Enumerable.Range(0, rules).Select(r => Rule(
            RuleAction.Allow, [.. networks.Where((_, i) => ((i % ((1 << rules) - 1)) + 1 >> r & 1) == 1).Select(n => new Peer.Network(n))], [$"{443 + r}/TCP"]));
        return ClusterSnapshot.Create([new("shop", Labels(""))], [pod], [new(Node, Labels(""), [Address("192.0.2.1")], [])], [NetworkPolicy("shop/list", "app=web", [.. ingress])]);
    }

    private static List<Cidr> Scattered(int count) => Draw(count, _ => 24);

    private static List<Cidr> Nested(int count) => Draw(count, random => Math.Max(random.Next(12, 33), random.Next(12, 33)));

    private static List<Cidr> Draw(int count, Func<Random, int> length)
    {
        var random = new Random(1);
        var found = new HashSet<Cidr>();
        while (found.Count < count)
            found.Add(Cidr.Create(new(IpFamily.V4, (uint)random.NextInt64(1L << 32)), length(random)));
        return [.. found.Order()];
    }

    private static string Plain(List<Cidr> networks) =>
        $"table inet {PlainTable} {{\n  set networks {{\n    type ipv4_addr\n    flags interval\n    auto-merge\n    elements = {{ {string.Join(", ", networks)} }}\n  }}\n}}\n";

    private static void Remove(KernelNftables kernel) => kernel.Commit(new(Renderer.TableName, [new Operation.DeleteTable()]));

    private static double Median(IEnumerable<double> values) => values.Order().ToList() is var sorted ? sorted[sorted.Count / 2] : 0;
}
