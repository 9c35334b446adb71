using NetPol.Cli.Inputs;
using NetPol.Model.Cluster;

namespace NetPol.Cli.Matrices;

/// <summary>Says on standard error which pods a matrix does not show, and why.</summary>
internal static class LeftOut
{
    public static void Report(ClusterSnapshot world)
    {
        Report(world.Pods.Where(p => p is { HostNetwork: true, Finished: false }), "in the network of its node (ask for the node with --address)", "in the network of their nodes (ask for the nodes with --address)");
        Report(world.Pods.Where(p => p.Finished), "finished", "finished");
    }

    private static void Report(IEnumerable<Pod> pods, string one, string many)
    {
        var names = pods.Select(p => p.Id.ToString()).ToList();
        if (names.Count > 0)
            Console.Error.WriteLine($"note: left out {DiagnosticText.Count(names.Count, "pod")} that {(names.Count == 1 ? $"is {one}" : $"are {many}")}: {string.Join(", ", names)}");
    }
}
