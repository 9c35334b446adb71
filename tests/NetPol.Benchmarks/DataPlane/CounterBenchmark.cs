using System.Diagnostics;
using NetPol.Compiler;
using NetPol.Model.Policies;
using NetPol.Nftables;
using NetPol.Nftables.Kernel;
using NetPol.Rendering;

namespace NetPol.Benchmarks.DataPlane;

/// <summary>
/// What counting and logging add to an allowed packet, the first of a flow and later ones: the same rules with and without, in one lab whose
/// rules come and go, since two labs differ by more.
/// </summary>
internal static class CounterBenchmark
{
    private const int Rounds = 15;
    private const int LimitOfFirst = 300;

    public static int Run(string[] args)
    {
        using (var self = Process.GetCurrentProcess())
            self.ProcessorAffinity = 1;
        var cluster = new MeasuredCluster(100, 1_000, 100);
        using var node = new MeasuredNode("counting", cluster.Port);
        NftCommand.Load(node.Node, DataPlaneBenchmark.Tracking);
        using var kernel = node.Node.Run(KernelNftables.Open);
        var rules = PolicyCompiler.CompileNode(cluster.Snapshot(), MeasuredCluster.Node);
        (string Name, TableState Table)[] kinds =
        [
            ("without counters", WithoutCounters(Renderer.Render(rules))),
            ("counters", Renderer.Render(rules)),
            ("counters, denials logged", Renderer.Render(rules, new() { Always = FlowLogging.Denied })),
            ("counters, all logged", Renderer.Render(rules, new() { Always = FlowLogging.All })),
        ];
        var (first, later) = Measure(node, kernel, [.. kinds.Select(k => k.Table)]);
        Console.WriteLine($"ns a packet, medians of {Rounds} rounds; what is added is the median of the rounds' differences");
        Console.WriteLine($"{"100 policies",-28}{"first",9}{"added",9}{"later",9}{"added",9}");
        for (var i = 0; i < kinds.Length; i++)
            Console.WriteLine($"{kinds[i].Name,-28}{DataPlaneBenchmark.Median(first[i]),9:F0}{Added(first, i),9:F0}{DataPlaneBenchmark.Median(later[i]),9:F0}{Added(later, i),9:F0}");
        return Added(first, 2) <= LimitOfFirst ? 0 : 1;
    }

    private static double Added(double[][] figures, int kind) => DataPlaneBenchmark.Median([.. figures[kind].Zip(figures[0], (with, without) => with - without)]);

    private static (double[][] First, double[][] Later) Measure(MeasuredNode node, KernelNftables kernel, TableState[] tables)
    {
        var (first, later) = (tables.Select(_ => new double[Rounds]).ToArray(), tables.Select(_ => new double[Rounds]).ToArray());
        for (var round = -1; round < Rounds; round++)
        {
            for (var i = 0; i < tables.Length; i++)
            {
                kernel.Commit(TableDiff.Between(null, tables[i]));
                var (ofFirst, ofLater) = (node.FirstPackets(), node.LaterPackets());
                kernel.Commit(new(Renderer.TableName, [new Operation.DeleteTable()]));
                if (round >= 0)
                    (first[i][round], later[i][round]) = (ofFirst, ofLater);
            }
        }
        return (first, later);
    }

    private static TableState WithoutCounters(TableState table) => new(
        table.Name, table.Comment, [], table.Sets.Values,
        table.Chains.Values.Select(c => new ChainState(c.Chain, c.Rules.Select(r => new Nftables.Rule(r.Statements.Where(s => s is not Statement.NamedCounter)) { Comment = r.Comment }))));
}
