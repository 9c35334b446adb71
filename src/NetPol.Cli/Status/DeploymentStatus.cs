using NetPol.Protocol.Status;

namespace NetPol.Cli.Status;

/// <summary>What the replicas say of themselves and of the nodes, put together.</summary>
/// <param name="Controllers">By name.</param>
/// <param name="Nodes">By name: the cluster's, and any other that has an agent.</param>
/// <param name="Audited">The policies that are audited only, by kind, namespace and name.</param>
/// <param name="AuditsOmitted">How many of these, or of what nodes counted for them, no report has room for.</param>
/// <param name="AgentsOmitted">How many agents no report has room for: their nodes are in <paramref name="Nodes"/> without one.</param>
internal sealed record DeploymentStatus(IReadOnlyList<ControllerStatus> Controllers, IReadOnlyList<NodeStatus> Nodes, IReadOnlyList<AuditStatus> Audited, int AuditsOmitted, int AgentsOmitted)
{
    /// <summary>What controllers that report say of kinds that they cannot read, a sentence each.</summary>
    public IReadOnlyList<string> UnreadVersions => [.. Controllers.Where(c => c.IsFresh).SelectMany(c => c.Report.UnsupportedVersions).Distinct(StringComparer.Ordinal)];

    /// <summary>Whether every node enforces what is now true, and every policy is read.</summary>
    public bool IsHealthy => Controllers.Any(c => c.IsFresh) && Nodes.All(n => n.NotProgrammedReason is null) && UnreadVersions.Count == 0;

    public static DeploymentStatus Create(IReadOnlyDictionary<string, ReplicaReport> reports, IReadOnlyList<string> nodes, DateTimeOffset now)
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
            group (controller.Name, audit.Nodes) by (audit.Kind, audit.Namespace, audit.Name) into reported
            let counts = reported.SelectMany(t => t.Nodes.Where(n => follows(n.Node, t.Name))).ToList()
            select new AuditStatus(reported.Key.Kind, reported.Key.Namespace, reported.Key.Name, counts.Sum(n => n.Denied), counts.Sum(n => n.Allowed), counts.Count);
        return [.. audits.OrderBy(a => a.ToString(), StringComparer.Ordinal)];
    }
}

/// <summary>A policy that is audited only, and the connections that it would have denied and allowed by the rules in force.</summary>
/// <param name="Kind">The policy's kind.</param>
/// <param name="Namespace">Empty for a cluster-scoped kind.</param>
/// <param name="Name">Its name.</param>
/// <param name="Denied">On all nodes.</param>
/// <param name="Allowed">On all nodes.</param>
/// <param name="Nodes">On how many nodes there was any.</param>
internal sealed record AuditStatus(string Kind, string Namespace, string Name, long Denied, long Allowed, int Nodes)
{
    /// <summary><c>Kind namespace/name</c>.</summary>
    public override string ToString() => Namespace.Length == 0 ? $"{Kind} {Name}" : $"{Kind} {Namespace}/{Name}";
}

/// <summary>A controller, and how long ago it said so.</summary>
internal sealed record ControllerStatus(string Name, ReplicaReport Report, TimeSpan Age)
{
    public bool IsFresh => Age <= ReplicaReport.MaxAge;
}

/// <summary>A node, and which controller its agent follows; null for both when no controller tells of one.</summary>
internal sealed record NodeStatus(string Name, string? Controller, AgentReport? Agent)
{
    /// <summary>Why it may not enforce what is now true; null when it does.</summary>
    public string? NotProgrammedReason => Agent switch
    {
        null => "no agent follows a controller",
        { Error: { } error } => error,
        { IsCurrent: false } => "an update is under way",
        _ => null,
    };
}
