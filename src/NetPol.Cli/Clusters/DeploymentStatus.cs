using NetPol.Protocol.State;

namespace NetPol.Cli.Clusters;

/// <summary>What the replicas say of themselves and of the nodes, put together.</summary>
/// <param name="Controllers">By name.</param>
/// <param name="Nodes">By name: the cluster's, and any other that has an agent.</param>
/// <param name="Audited">The policies that are audited only, by kind, namespace and name.</param>
/// <param name="AuditsLeftOut">How many of these, or of what nodes counted for them, no report has room for.</param>
/// <param name="AgentsLeftOut">How many agents no report has room for: their nodes are in <paramref name="Nodes"/> without one.</param>
internal sealed record DeploymentStatus(IReadOnlyList<ControllerStatus> Controllers, IReadOnlyList<NodeStatus> Nodes, IReadOnlyList<AuditStatus> Audited, int AuditsLeftOut, int AgentsLeftOut)
{
    /// <summary>What controllers that report say of kinds that they cannot read, a sentence each.</summary>
    public IReadOnlyList<string> UnreadVersions => [.. Controllers.Where(c => c.IsFresh).SelectMany(c => c.Report.UnreadVersions).Distinct(StringComparer.Ordinal)];

    /// <summary>Whether every node enforces what is now true, and every policy is read.</summary>
    public bool IsHealthy => Controllers.Any(c => c.IsFresh) && Nodes.All(n => n.Trouble is null) && UnreadVersions.Count == 0;

    public static DeploymentStatus Of(IReadOnlyDictionary<string, ReplicaReport> reports, IReadOnlyList<string> nodes, DateTimeOffset now)
    {
        var controllers = reports.Select(r => new ControllerStatus(r.Key, r.Value, now - r.Value.At)).ToList();
        var fresh = controllers.Where(c => c.IsFresh).ToList();
        var agents = fresh.SelectMany(c => c.Report.Agents, (c, agent) => (c.Name, Agent: agent))
            // A node that just changed over is in two reports.
            .GroupBy(a => a.Agent.Node, StringComparer.Ordinal)
            .ToDictionary(g => g.Key, g => g.MaxBy(a => a.Agent.ConnectedAt), StringComparer.Ordinal);
        return new(
            controllers,
            [.. nodes.Union(agents.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal)
                .Select(n => agents.TryGetValue(n, out var found) ? new NodeStatus(n, found.Name, found.Agent) : new NodeStatus(n, null, null))],
            Audits(fresh, (node, controller) => agents.TryGetValue(node, out var found) && string.Equals(found.Name, controller, StringComparison.Ordinal)),
            fresh.Sum(c => c.Report.AuditsLeftOut),
            fresh.Sum(c => c.Report.AgentsLeftOut));
    }

    private static IReadOnlyList<AuditStatus> Audits(IEnumerable<ControllerStatus> controllers, Func<string, string, bool> follows)
    {
        var audits =
            from controller in controllers
            from audit in controller.Report.Audited
            group (controller.Name, audit.Nodes) by (audit.Kind, audit.Namespace, audit.Name) into told
            let counts = told.SelectMany(t => t.Nodes.Where(n => follows(n.Node, t.Name))).ToList()
            select new AuditStatus(told.Key.Kind, told.Key.Namespace, told.Key.Name, counts.Sum(n => n.Denied), counts.Sum(n => n.Allowed), counts.Count);
        return [.. audits.OrderBy(a => a.ToString(), StringComparer.Ordinal)];
    }
}
