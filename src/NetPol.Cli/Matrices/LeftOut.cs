using NetPol.Cli.Explaining;
using NetPol.Cli.Inputs;
using NetPol.Model.Cluster;

namespace NetPol.Cli.Matrices;

/// <summary>Says on standard error what a matrix does not show: pods, and answers over another address family.</summary>
internal static class LeftOut
{
    private const int MostDifferences = 5;

    public static void Report(ClusterSnapshot world, Matrix matrix)
    {
        Report(world.Pods.Where(p => p is { HostNetwork: true, Finished: false }), "in the network of its node (ask for the node with --address)", "in the network of their nodes (ask for the nodes with --address)");
        Report(world.Pods.Where(p => p.Finished), "finished", "finished");
        foreach (var entry in matrix.Otherwise.Take(MostDifferences))
        {
            var (source, destination) = (entry.Connection.Source, entry.Connection.Destination);
            Console.Error.WriteLine($"note: {entry.From.Name} -> {entry.To.Name} {entry.Port}: between {source} and {destination} the verdict is {Words.Action(entry.Verdict.Verdict)}: ask explain for these addresses to see why");
        }
        if (matrix.Otherwise.Count > MostDifferences)
            Console.Error.WriteLine($"note: {DiagnosticText.Count(matrix.Otherwise.Count - MostDifferences, "more connection")} with another verdict over another address family or to another endpoint");
    }

    private static void Report(IEnumerable<Pod> pods, string one, string many)
    {
        var names = pods.Select(p => p.Id.ToString()).ToList();
        if (names.Count > 0)
            Console.Error.WriteLine($"note: left out {DiagnosticText.Count(names.Count, "pod")} that {(names.Count == 1 ? $"is {one}" : $"are {many}")}: {string.Join(", ", names)}");
    }
}
