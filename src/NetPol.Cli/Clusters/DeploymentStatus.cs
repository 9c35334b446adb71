using NetPol.Protocol.State;

namespace NetPol.Cli.Clusters;

/// <summary>What the replicas say of themselves and of the nodes, put together.</summary>
/// <param name="Controllers">By name.</param>
/// <param name="Nodes">By name: the cluster's, and any other that has an agent.</param>
internal sealed record DeploymentStatus(IReadOnlyList<ControllerStatus> Controllers, IReadOnlyList<NodeStatus> Nodes)
{
    /// <summary>Whether every node enforces what is now true.</summary>
    public bool IsHealthy => Controllers.Any(c => c.IsFresh) && Nodes.All(n => n.Trouble is null);

    public static DeploymentStatus Of(IReadOnlyDictionary<string, ReplicaReport> reports, IReadOnlyList<string> nodes, DateTimeOffset now)
    {
        var controllers = reports.Select(r => new ControllerStatus(r.Key, r.Value, now - r.Value.At)).ToList();
        var agents = controllers.Where(c => c.IsFresh).SelectMany(c => c.Report.Agents, (c, agent) => (c.Name, Agent: agent))
            // A node that just changed over is in two reports.
            .GroupBy(a => a.Agent.Node, StringComparer.Ordinal)
            .ToDictionary(g => g.Key, g => g.MaxBy(a => a.Agent.ConnectedAt), StringComparer.Ordinal);
        return new(controllers, [.. nodes.Union(agents.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal)
            .Select(n => agents.TryGetValue(n, out var found) ? new NodeStatus(n, found.Name, found.Agent) : new NodeStatus(n, null, null))]);
    }
}
