using System.Diagnostics;
using System.Globalization;
using System.Net;
using NetPol.Agent.Dataplane;
using NetPol.Benchmarks.DataPlane;
using NetPol.Compiler;
using NetPol.Lab;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.RuleSets;
using NetPol.Nftables;
using NetPol.Nftables.Kernel;
using NetPol.Rendering;
using static NetPol.Testing.Clusters.Make;

namespace NetPol.Benchmarks.Tenants;

/// <summary>
/// What one tenant's policies cost others on a node: small policies that multiply, "pods with label X take connections from pods with label X on a port of their own" for many X. Measures every commit of the
/// change, and how long <c>nft -f</c> of another program takes meanwhile, beside the same program alone. Arguments: pods, local pods and policies, as <c>100,30,20</c>; several are measured one after
/// another; <c>whole</c> before them commits each step whole.
/// </summary>
internal static class TenantsBenchmark
{
    private const string Node = "bench";
    private static readonly TimeSpan Alone = TimeSpan.FromSeconds(10);

    public static int Run(string[] args)
    {
        var isWhole = args is ["whole", ..];
        var shapes = args.Skip(isWhole ? 1 : 0).DefaultIfEmpty("100,30,20").Select(Shape.Parse).ToList();
        using var lab = LabNetwork.Create(new([new(Node, [IPAddress.Parse("192.0.2.1")])], [], []), $"bench{Environment.ProcessId}-tenants");
        using var others = new OtherProgram(lab.Nodes[0]);
        Console.WriteLine($"another program alone: {others.During(() => Thread.Sleep(Alone))}");
        foreach (var shape in shapes)
        {
            var timed = new TimedCommits();
            using var kernel = lab.Nodes[0].Run(() => KernelNftables.Open(TableFamily.Inet, timed));
            Measure(kernel, timed, others, shape, isWhole ? null : new CommitPacer(TimeProvider.System, Thread.Sleep));
        }
        return 0;
    }

    private static void Measure(KernelNftables kernel, TimedCommits timed, OtherProgram others, Shape shape, CommitPacer? pacer)
    {
        var before = PolicyCompiler.CompileNode(shape.Cluster(hasPolicies: false), Node);
        var after = PolicyCompiler.CompileNode(shape.Cluster(hasPolicies: true), Node);
        var size = TableSize.Of(after);
        Console.WriteLine($"{shape}: {size.Chains:N0} chains, {size.Sets:N0} sets, {size.Elements:N0} elements{(pacer is null ? ", each step whole" : "")}");
        kernel.Commit(TableDiff.Between(null, Renderer.Render(before)));
        var epoch = GuardEpoch.Even;
        foreach (var (what, from, to) in new[] { ("the policies come", before, after), ("they go", after, before) })
        {
            var change = Renderer.Render(NodeRuleSetDelta.Between(from, to), epoch: epoch);
            epoch = CommitGuard.EpochAfter(change, epoch);
            timed.Restart();
            var delays = others.During(() => kernel.Commit(change, pacer: pacer));
            Console.WriteLine($"  {what}: {change.Size:N0} operations; {timed}");
            Console.WriteLine($"    another program meanwhile: {delays}");
        }
        kernel.Commit(new(Renderer.TableName, [new Operation.DeleteTable()]));
    }

    /// <summary>A tenant's pods, of which each has a random half of the labels, and one policy a label.</summary>
    private sealed record Shape(int Pods, int Local, int Policies)
    {
        private const string Tenant = "tenant";

        public static Shape Parse(string text)
        {
            var numbers = text.Split(',').Select(n => int.Parse(n, CultureInfo.InvariantCulture)).ToArray();
            return new(numbers[0], numbers[1], numbers[2]);
        }

        public ClusterSnapshot Cluster(bool hasPolicies)
        {
            var random = new Random(5);
            var pods = Enumerable.Range(0, Pods).Select(i => new Pod(
                new(Tenant, $"p{i}"), Labels(string.Join(',', Enumerable.Range(0, Policies).Where(_ => random.Next(2) == 0).Select(label => $"b{label}=1"))),
                i < Local ? Node : "elsewhere", [new(IpFamily.V4, 0x0A000001u + (uint)i)], [])).ToList();
            var policies = Enumerable.Range(0, hasPolicies ? Policies : 0).Select(label => NetworkPolicy(
                $"{Tenant}/n{label}", $"b{label}=1", [Allow(PodsIn(Tenant, $"b{label}=1"), $"{1000 + label}/TCP")]));
            return ClusterSnapshot.Create(
                [new(Tenant, Labels($"kubernetes.io/metadata.name={Tenant}"))], pods, [new(Node, Labels(""), [new(IpFamily.V4, 0xC0000201)])], policies);
        }
    }

    /// <summary>Takes the time of each commit.</summary>
    private sealed class TimedCommits : INftablesInterceptor
    {
        private readonly List<(double Milliseconds, Transaction Transaction)> _commits = [];
        private long _started = Stopwatch.GetTimestamp();

        public void Restart()
        {
            _commits.Clear();
            _started = Stopwatch.GetTimestamp();
        }

        public void Commit(Transaction transaction, Action<Transaction> commit)
        {
            var started = Stopwatch.GetTimestamp();
            commit(transaction);
            _commits.Add((Stopwatch.GetElapsedTime(started).TotalMilliseconds, transaction));
        }

        public T Read<T>(Func<T> read) => read();

        public override string ToString()
        {
            // Only the step with effect rewrites this chain.
            var effect = _commits.FirstOrDefault(c => c.Transaction.Operations.Any(o => o is Operation.FlushChain { Name: Renderer.ForwardChain })).Milliseconds;
            var times = _commits.Select(c => c.Milliseconds).Order().ToList();
            var over = times.Count(t => t > 200);
            return $"{_commits.Count:N0} commits in {Stopwatch.GetElapsedTime(_started).TotalSeconds:F1} s; the longest {times[^1]:F0} ms, {over} over 200 ms, median {times[times.Count / 2]:F0} ms; the one with effect {effect:F0} ms";
        }
    }

    /// <summary>Another program of the node, which loads a small table of its own again and again.</summary>
    private sealed class OtherProgram(LabNode node) : IDisposable
    {
        private const string Text = "add table inet other\ndelete table inet other\ntable inet other { chain c { tcp dport 80 accept; }; }\n";

        /// <summary>How long each run takes while something else is done.</summary>
        public string During(Action act)
        {
            List<double> times = [];
            using var end = new ManualResetEventSlim();
            var runs = Task.Factory.StartNew(() =>
            {
                while (!end.IsSet)
                    times.Add(NftCommand.Load(node, Text).TotalMilliseconds);
            }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            try
            {
                act();
            }
            finally
            {
                end.Set();
            }
            runs.GetAwaiter().GetResult();
            times.Sort();
            return $"{times.Count} runs of nft -f, ms: p50 {times[times.Count / 2]:F0}, p99 {times[(int)Math.Ceiling(0.99 * times.Count) - 1]:F0}, max {times[^1]:F0}";
        }

        public void Dispose() => NftCommand.Load(node, "delete table inet other\n");
    }
}
