using NetPol.Controller.Leading;
using NetPol.Controller.Rules;
using NetPol.Controller.Status;
using NetPol.Controller.Streaming;
using NetPol.Controller.Watching;
using NetPol.Kubernetes.Watching;

namespace NetPol.Controller.Pages;

/// <summary>All nodes, as all replicas see them.</summary>
internal sealed class NodeList(ControllerOptions options, RuleBook book, AgentRegistry registry, ClusterInventory inventory, Leadership leadership, ReplicaReports reports, TimeProvider time)
{
    /// <summary>By name. What this replica sees is of now; the others' reports are some seconds old.</summary>
    /// <returns>The nodes; and why the others' reports are not in it, or not all of them; null when they are.</returns>
    public async Task<(IReadOnlyList<NodeView> Nodes, string? Fault)> ReadAsync(CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        var own = Reporting.Report(now, leadership.Leads, book, registry, inventory);
        var seen = own.Agents.Select(a => new NodeView(a.Node, options.Name, a)).ToList();
        var leftOut = own.AgentsLeftOut;
        string? fault = null;
        try
        {
            foreach (var (replica, report) in (await reports.ReadAsync(now, cancel)).Where(r => !string.Equals(r.Key, options.Name, StringComparison.Ordinal)))
            {
                seen.AddRange(report.Agents.Select(a => new NodeView(a.Node, replica, a)));
                leftOut += report.AgentsLeftOut;
            }
        }
        catch (Exception error) when (ApiTrouble.IsPassing(error))
        {
            cancel.ThrowIfCancellationRequested();
            fault = $"What the other controllers know could not be read: {error.Message}";
        }
        if (leftOut > 0)
            fault = $"{(fault is null ? "" : $"{fault}. ")}{leftOut} agents that enforce find no room in what the controllers report: their nodes are shown as if none followed";
        // An agent that has just gone over to another controller is in two reports.
        var latest = seen.GroupBy(n => n.Name, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.MaxBy(n => n.Agent!.ConnectedAt)!, StringComparer.Ordinal);
        var names = inventory.Nodes.Union(latest.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal);
        return ([.. names.Select(n => latest.GetValueOrDefault(n) ?? new(n, null, null))], fault);
    }
}
