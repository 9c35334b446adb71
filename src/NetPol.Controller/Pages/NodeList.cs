using NetPol.Controller.Leading;
using NetPol.Controller.Rules;
using NetPol.Controller.Status;
using NetPol.Controller.Streaming;
using NetPol.Controller.Watching;
using NetPol.Protocol.State;

namespace NetPol.Controller.Pages;

/// <summary>All nodes, as all replicas see them.</summary>
internal sealed class NodeList(ControllerOptions options, RuleBook book, AgentRegistry registry, ClusterInventory inventory, Leadership leadership, TimeProvider time)
{
    /// <summary>By name. What this replica sees is of now; the others' reports are some seconds old.</summary>
    /// <param name="others">What the other replicas report.</param>
    /// <returns>The nodes, and a fault for people when some are not shown as they are.</returns>
    public (IReadOnlyList<NodeView> Nodes, string? Fault) Show(IReadOnlyDictionary<string, ReplicaReport> others)
    {
        var own = Reporting.Report(time.GetUtcNow(), leadership.Leads, book, registry, inventory);
        var reports = others.Append(new(options.Name, own)).ToList();
        // An agent that has just gone over to another controller is in two reports.
        var latest = reports.SelectMany(r => r.Value.Agents.Select(a => new NodeView(a.Node, r.Key, a)))
            .GroupBy(n => n.Name, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.MaxBy(n => n.Agent!.ConnectedAt)!, StringComparer.Ordinal);
        var names = inventory.Nodes.Union(latest.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal);
        var leftOut = reports.Sum(r => r.Value.AgentsLeftOut);
        return (
            [.. names.Select(n => latest.GetValueOrDefault(n) ?? new(n, null, null))],
            leftOut == 0 ? null : $"{leftOut} agents that enforce find no room in what the controllers report: their nodes are shown as if none followed");
    }
}
