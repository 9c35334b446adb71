using System.Diagnostics;
using System.Net;
using NetPol.Benchmarks.DataPlane;
using NetPol.Compiler;
using NetPol.Lab;
using NetPol.Model.RuleSets;
using NetPol.Nftables;
using NetPol.Nftables.Kernel;
using NetPol.Rendering;

namespace NetPol.Benchmarks.KernelLoad;

/// <summary>
/// Putting 100,000 peers in 1,000 classes into the kernel, beside <c>nft -f</c> of the same rules; and one changed peer at several sizes.
/// </summary>
internal static class KernelLoadBenchmark
{
    private const int Classes = 1_000;
    private const int Rounds = 7;
    private const int Changes = 200;

    public static int Run(string[] args)
    {
        using var lab = LabNetwork.Create(new([new(MeasuredCluster.Node, [IPAddress.Parse("192.0.2.1")])], [], []), $"bench{Environment.ProcessId}-load");
        var node = lab.Nodes[0];
        using var kernel = node.Run(KernelNftables.Open);
        Load(node, kernel, RuleSet(100_000));
        foreach (var peers in new[] { 1_000, 10_000, 100_000 })
            ChangeOnePeer(kernel, peers);
        return 0;
    }

    private static void Load(LabNode node, KernelNftables kernel, NodeRuleSet rules)
    {
        var text = NftText.Write(Renderer.Render(rules));
        var (ours, theirs) = (new double[Rounds], new double[Rounds]);
        for (var round = -1; round < Rounds; round++)
        {
            var nft = NftCommand.Load(node, text).TotalMilliseconds;
            Remove(kernel);
            var start = Stopwatch.GetTimestamp();
            kernel.Commit(TableDiff.Between(null, Renderer.Render(rules)));
            var took = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            Remove(kernel);
            if (round >= 0)
                (ours[round], theirs[round]) = (took, nft);
        }
        Console.WriteLine($"load {rules.PodIngress.Peers.Count:N0} peers in {rules.PodIngress.Identities.Count:N0} classes, ms, median of {Rounds} rounds (best)");
        Console.WriteLine($"  render and commit  {Median(ours),8:F1} ({ours.Min():F1})");
        Console.WriteLine($"  nft -f             {Median(theirs),8:F1} ({theirs.Min():F1})");
        Console.WriteLine($"  ratio              {Median([.. ours.Zip(theirs, (a, b) => a / b)]),8:F3}   (limit 0.5)");
    }

    /// <summary>Adds a peer and removes it again: from the difference as a node receives it until it is programmed, and until nothing of it is left to do.</summary>
    private static void ChangeOnePeer(KernelNftables kernel, int peers)
    {
        var rules = RuleSet(peers);
        kernel.Commit(TableDiff.Between(null, Renderer.Render(rules)));
        try
        {
            var added = new PeerAddress(new MeasuredCluster(1, 1, 1).PeerAddress(peers + 1), rules.PodIngress.Identities[0]);
            var adds = new NodeRuleSetDelta { Node = rules.Node, PodIngress = new() { Peers = new([], [added]) } };
            var removes = adds with { PodIngress = new() { Peers = new([added], []) } };
            var (times, whole, epoch) = (new double[Changes], new double[Changes], GuardEpoch.Even);
            for (var i = -20; i < Changes; i++)
            {
                // A change alone waits for no packets.
                kernel.WaitForPackets();
                var start = Stopwatch.GetTimestamp();
                var change = Renderer.Render(i % 2 == 0 ? adds : removes, epoch: epoch);
                epoch = CommitGuard.EpochAfter(change, epoch);
                var programmed = 0.0;
                kernel.Commit(change, () => programmed = Stopwatch.GetElapsedTime(start).TotalMicroseconds);
                if (i >= 0)
                    (times[i], whole[i]) = (programmed, Stopwatch.GetElapsedTime(start).TotalMicroseconds);
            }
            Array.Sort(times);
            Console.WriteLine($"one changed peer of {peers,7:N0} in {Classes:N0} classes, us: median {times[Changes / 2],6:F0}, 99th percentile {times[Changes * 99 / 100],6:F0}   (limit 1000); all done {Median(whole),6:F0}");
        }
        finally
        {
            Remove(kernel);
        }
    }

    private static NodeRuleSet RuleSet(int peers) => PolicyCompiler.CompileNode(new MeasuredCluster(Classes, peers, Classes, IngressOnly: true).Snapshot(), MeasuredCluster.Node);

    private static void Remove(KernelNftables kernel) => kernel.Commit(new(Renderer.TableName, [new Operation.DeleteTable()]));

    private static double Median(double[] values) => values.Order().ElementAt(values.Length / 2);
}
