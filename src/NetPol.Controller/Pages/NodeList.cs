using k8s.Autorest;
using NetPol.Controller.Leading;
using NetPol.Controller.Rules;
using NetPol.Controller.Status;
using NetPol.Controller.Streaming;
using NetPol.Controller.Watching;

namespace NetPol.Controller.Pages;

/// <summary>All nodes, as all replicas see them.</summary>
internal sealed class NodeList(ControllerOptions options, RuleBook book, AgentRegistry registry, ClusterInventory inventory, Leadership leadership, ReplicaReports reports, TimeProvider time)
{
    /// <summary>By name. What this replica sees is of now; the others' reports are some seconds old.</summary>
    /// <returns>The nodes; and why the others' reports are not in it, null when they are.</returns>
    public async Task<(IReadOnlyList<NodeView> Nodes, string? Fault)> ReadAsync(CancellationToken cancel)
    {
        var now = time.GetUtcNow();
        var seen = Reporting.Report(now, leadership.Leads, book, registry, inventory).Agents.Select(a => new NodeView(a.Node, options.Name, a)).ToList();
        string? fault = null;
        try
        {
            var all = await reports.ReadAsync(now, cancel);
            seen.AddRange(all.Where(r => !string.Equals(r.Key, options.Name, StringComparison.Ordinal)).SelectMany(r => r.Value.Agents.Select(a => new NodeView(a.Node, r.Key, a))));
        }
        catch (Exception error) when (error is HttpRequestException or HttpOperationException)
        {
            fault = $"What the other controllers know could not be read: {error.Message}";
        }
        // An agent that has just gone over to another controller is in two reports.
        var latest = seen.GroupBy(n => n.Name, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.MaxBy(n => n.Agent!.ConnectedAt)!, StringComparer.Ordinal);
        var names = inventory.Nodes.Union(latest.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal);
        return ([.. names.Select(n => latest.GetValueOrDefault(n) ?? new(n, null, null))], fault);
    }
}
