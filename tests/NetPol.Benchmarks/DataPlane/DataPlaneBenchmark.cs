using System.Diagnostics;
using NetPol.Compiler;
using NetPol.Nftables.Kernel;
using NetPol.Rendering;

namespace NetPol.Benchmarks.DataPlane;

/// <summary>
/// The cost of a packet: the first of a flow, evaluated in both directions, and later ones; beside <c>ct state established accept</c> alone and
/// beside the linear layout, in the same run and in turns.
/// </summary>
internal static class DataPlaneBenchmark
{
    /// <summary>Every node tracks connections whatever its rules are, as nodes with kube-proxy do.</summary>
    public const string Tracking =
        "table inet tracking { chain prerouting { type filter hook prerouting priority -150; ct state invalid counter\n}\n}\n";

    public const string EstablishedOnly =
        "table inet established { chain forward { type filter hook forward priority filter; policy accept; ct state established,related accept\n}\n}\n";

    private const int Rounds = 15;

    private static readonly (int Policies, int Peers)[] Flat = [(10, 1_000), (100, 1_000), (2_000, 1_000), (2_000, 100_000)];
    private static readonly int[] Linear = [10, 100, 1_000];

    public static int Run(string[] args)
    {
        var nodes = new List<MeasuredNode>();
        try
        {
            // Packets are processed where they are sent: one processor, so that no migration is measured.
            using (var self = Process.GetCurrentProcess())
                self.ProcessorAffinity = 1;
            Prepare(nodes);
            Report(nodes, Measure(nodes));
            EstablishedFlowBenchmark.Run(Flat);
            return 0;
        }
        finally
        {
            foreach (var node in nodes)
                node.Dispose();
        }
    }

    private static void Prepare(List<MeasuredNode> nodes)
    {
        Add(new("none", 10_000), "");
        Add(new("established", 10_000), EstablishedOnly);
        foreach (var (policies, peers) in Flat)
        {
            var cluster = new MeasuredCluster(policies, peers, Math.Min(1_000, policies));
            var node = Add(new($"flat-{policies}-{peers}", cluster.Port), "");
            var table = Renderer.Render(PolicyCompiler.CompileNode(cluster.Snapshot(), MeasuredCluster.Node));
            node.Node.Run(() =>
            {
                using var kernel = KernelNftables.Open();
                kernel.Commit(TableDiff.Between(null, table));
            });
        }
        foreach (var policies in Linear)
        {
            var cluster = new MeasuredCluster(policies, 1_000, Math.Min(1_000, policies));
            Add(new($"linear-{policies}-1000", cluster.Port) { Packets = MeasuredNode.MostPackets / (policies >= 1_000 ? 10 : 1) }, LinearRuleset.Write(cluster));
        }
        foreach (var node in nodes)
        {
            if (node.Arrivals(50) != 50)
                throw new InvalidOperationException($"{node.Name}: the measured packets do not arrive");
        }

        MeasuredNode Add(MeasuredNode node, string rules)
        {
            nodes.Add(node);
            NftCommand.Load(node.Node, Tracking + rules);
            return node;
        }
    }

    /// <summary>Per node, one figure a round; the nodes take turns, so that what the machine does besides hits all of them.</summary>
    private static double[][] Measure(List<MeasuredNode> nodes)
    {
        var figures = nodes.Select(_ => new double[Rounds]).ToArray();
        for (var round = -1; round < Rounds; round++)
        {
            for (var i = 0; i < nodes.Count; i++)
            {
                var figure = nodes[i].FirstPackets();
                if (round >= 0)
                    figures[i][round] = figure;
            }
        }
        return figures;
    }

    private static void Report(List<MeasuredNode> nodes, double[][] figures)
    {
        Console.WriteLine($"first packet of a new flow, ns: median of {Rounds} rounds (best round); ratios are medians of the rounds' ratios");
        Console.WriteLine($"{"rules-policies-peers",-24}{"median",9}{"best",9}{"/ none",9}{"/ established",15}");
        for (var i = 0; i < nodes.Count; i++)
        {
            Console.WriteLine(
                $"{nodes[i].Name,-24}{Median(figures[i]),9:F0}{figures[i].Min(),9:F0}{Ratio(i, 0),9:F3}{Ratio(i, 1),15:F3}");
        }

        double Ratio(int of, int to) => Median([.. figures[of].Zip(figures[to], (a, b) => a / b)]);
    }

    public static double Median(double[] values) => values.Order().ElementAt(values.Length / 2);
}
