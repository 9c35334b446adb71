using NetPol.Model.Cluster;

namespace NetPol.Cli.Inputs;

/// <summary>Refuses input that leaves nothing to answer about: an answer that nothing was judged for would look like a good one.</summary>
internal static class Comparable
{
    private const int MostNames = 3;
    private const string AddPods = "add files with pods or workloads, or name a cluster with --kubeconfig or --context";

    /// <summary>Returns when there are policies, and pods that policies can select.</summary>
    /// <param name="world">A complete world.</param>
    /// <param name="undone">What the command does not do, such as <c>nothing was compared</c>.</param>
    /// <exception cref="CommandException">There are no policies or no such pods.</exception>
    public static void Require(ClusterSnapshot world, string undone) => Require([world], undone);

    /// <summary>As the other overload; it is enough that one of the worlds has policies, and one has pods.</summary>
    public static void Require(ClusterSnapshot[] worlds, string undone)
    {
        if (worlds.All(w => w.Pods.IsEmpty && w.Policies.IsEmpty))
            throw new CommandException($"there are no pods and no policies: {undone}; name files that have them, or a cluster with --kubeconfig or --context");
        RequirePods(worlds, undone);
        if (worlds.All(w => w.Policies.IsEmpty))
            throw new CommandException($"there are no policies, so every connection is allowed: {undone}; add files with policies");
    }

    /// <summary>Returns when there are pods that policies can select.</summary>
    /// <exception cref="CommandException">There are none.</exception>
    public static void RequirePods(ClusterSnapshot[] worlds, string undone)
    {
        if (worlds.Any(w => w.Pods.Any(p => p.IsSelectable)))
            return;
        var pods = worlds.SelectMany(w => w.Pods).DistinctBy(p => p.Id).ToList();
        var reasons = new[]
        {
            Reason(pods.Where(p => p is { HostNetwork: true, Finished: false }), "is on the host's network", "are on the host's network"),
            Reason(pods.Where(p => p.Finished), "has finished", "have finished"),
        };
        throw new CommandException(pods.Count == 0
            ? $"there are no pods: {undone}; {AddPods}"
            : $"there are no pods that policies select ({string.Join("; ", reasons.OfType<string>())}): {undone}; {AddPods}");
    }

    private static string? Reason(IEnumerable<Pod> pods, string one, string many)
    {
        var names = pods.Select(p => p.Id.ToString()).ToList();
        if (names.Count == 0)
            return null;
        var others = names.Count > MostNames ? $" and {DiagnosticText.Count(names.Count - MostNames, "other")}" : "";
        return $"{string.Join(", ", names.Take(MostNames))}{others} {(names.Count == 1 ? one : many)}";
    }
}
