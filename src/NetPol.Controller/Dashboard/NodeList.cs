using NetPol.Controller.Infrastructure;
using NetPol.Controller.Leadership;
using NetPol.Controller.RuleSets;
using NetPol.Controller.Status;
using NetPol.Controller.Sync;
using NetPol.Controller.Watch;
using NetPol.Protocol.Status;

namespace NetPol.Controller.Dashboard;

/// <summary>All nodes, from the reports of all replicas.</summary>
internal sealed class NodeList(ControllerOptions options, RuleSetStore store, AgentRegistry registry, ClusterInventory inventory, LeaderElectionService leadership, TimeProvider time)
{
    /// <summary>Lists all nodes by name. This replica's state is current; the others' reports are some seconds old.</summary>
    /// <param name="others">What the other replicas report.</param>
    /// <returns>The nodes, and a fault for people when some are not shown as they are.</returns>
    public (IReadOnlyList<NodeView> Nodes, string? Fault) Create(IReadOnlyDictionary<string, ReplicaReport> others)
    {
        var own = ReplicaReportBuilder.Build(time.GetUtcNow(), leadership.IsLeader, store, registry, inventory);
        var reports = others.Append(new(options.Name, own)).ToList();
        // An agent that has just connected to another controller is in two reports.
        var latest = reports.SelectMany(r => r.Value.Agents.Select(a => new NodeView(a.Node, r.Key, a)))
            .GroupBy(n => n.Name, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.MaxBy(n => n.Agent!.ConnectedAt)!, StringComparer.Ordinal);
        var names = inventory.Nodes.Union(latest.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal);
        var leftOut = reports.Sum(r => r.Value.AgentsLeftOut);
        return (
            [.. names.Select(n => latest.GetValueOrDefault(n) ?? new(n, null, null))],
            leftOut == 0 ? null : $"{leftOut} agents that enforce do not fit into the controllers' reports: their nodes are shown as not connected");
    }
}

/// <summary>The warning at the top of the page while nodes do not enforce the policies.</summary>
internal static class EnforcementWarning
{
    private const int MostNames = 5;

    /// <summary>Null when every node enforces its rules, or there are no nodes. A node that is behind for the moment of an update enforces.</summary>
    public static string? Create(IReadOnlyList<NodeView> nodes)
    {
        var reasons = nodes.Select(n => (n.Name, Reason: Reason(n.Agent))).Where(n => n.Reason is not null).GroupBy(n => n.Reason!, n => n.Name, StringComparer.Ordinal)
            .Select(g => (Reason: g.Key, Names: g.ToList())).ToList();
        var count = reasons.Sum(r => r.Names.Count);
        if (count == 0)
            return null;
        var who = count == nodes.Count ? nodes.Count == 1 ? "The only node does" : $"None of the {nodes.Count} nodes" : count == 1 ? $"1 of {nodes.Count} nodes does" : $"{count} of {nodes.Count} nodes do";
        var verb = count == nodes.Count && nodes.Count > 1 ? "enforces" : "not enforce";
        var causes = string.Join("; ", reasons.Select(r => $"{r.Reason} ({Names(r.Names)})"));
        return $"{who} {verb} the policies: {causes}. The map shows what the policies say, not what happens {(count == nodes.Count ? "in the cluster" : $"on {(count == 1 ? "this node" : "these nodes")}")}.";
    }

    private static string? Reason(AgentReport? agent) => agent switch
    {
        null => "no agent is connected to a controller",
        { Error: { } error } => $"the last update failed: {error}",
        { EnforcedAt: null } => "no rules are programmed yet",
        _ => null,
    };

    private static string Names(List<string> names) =>
        names.Count <= MostNames ? string.Join(", ", names) : $"{string.Join(", ", names.Take(MostNames))} and {names.Count - MostNames} more";
}
