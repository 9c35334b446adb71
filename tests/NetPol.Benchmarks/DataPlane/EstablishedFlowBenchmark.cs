using NetPol.Compiler;
using NetPol.Nftables;
using NetPol.Nftables.Kernel;
using NetPol.Rendering;

namespace NetPol.Benchmarks.DataPlane;

/// <summary>
/// What a packet of an established flow pays. The difference is a few dozen nanoseconds, less than two labs differ for no reason: so it is
/// measured in one lab whose rules come and go, each round with rules between two without.
/// </summary>
internal static class EstablishedFlowBenchmark
{
    private const int Rounds = 21;

    public static void Run(IEnumerable<(int Policies, int Peers)> sizes)
    {
        Console.WriteLine();
        Console.WriteLine($"later packets of a flow, ns: medians of {Rounds} rounds");
        Console.WriteLine($"{"rules-policies-peers",-24}{"without",9}{"with",9}{"ratio",9}");
        using (var node = Node("established", 10_000))
        {
            // The least that any engine can do: one chain, one rule.
            Measure(node, "established", () => NftCommand.Load(node.Node, DataPlaneBenchmark.EstablishedOnly));
        }
        foreach (var (policies, peers) in sizes)
        {
            var cluster = new MeasuredCluster(policies, peers, Math.Min(1_000, policies));
            using var node = Node($"{policies}-{peers}", cluster.Port);
            var load = TableDiff.Between(null, Renderer.Render(PolicyCompiler.CompileNode(cluster.Snapshot(), MeasuredCluster.Node)));
            using var kernel = node.Node.Run(KernelNftables.Open);
            Measure(node, Renderer.TableName, () => kernel.Commit(load));
        }
    }

    private static MeasuredNode Node(string name, ushort port)
    {
        var node = new MeasuredNode($"later-{name}", port);
        NftCommand.Load(node.Node, DataPlaneBenchmark.Tracking);
        return node;
    }

    private static void Measure(MeasuredNode node, string table, Action load)
    {
        using var kernel = node.Node.Run(KernelNftables.Open);
        var (without, with, ratios) = (new double[Rounds], new double[Rounds], new double[Rounds]);
        node.LaterPackets();
        for (var round = 0; round < Rounds; round++)
        {
            var before = node.LaterPackets();
            load();
            with[round] = node.LaterPackets();
            kernel.Commit(new(table, [new Operation.DeleteTable()]));
            without[round] = (before + node.LaterPackets()) / 2;
            ratios[round] = with[round] / without[round];
        }
        Console.WriteLine(
            node.Name.PadRight(24) +
            $"{DataPlaneBenchmark.Median(without),9:F0}{DataPlaneBenchmark.Median(with),9:F0}{DataPlaneBenchmark.Median(ratios),9:F3}");
    }
}
