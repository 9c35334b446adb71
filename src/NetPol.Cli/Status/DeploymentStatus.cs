using NetPol.Protocol.Status;

namespace NetPol.Cli.Status;

/// <summary>The merged reports of all controllers.</summary>
/// <param name="Controllers">The controllers by name.</param>
/// <param name="Nodes">The cluster's nodes, and any other nodes with an agent, by name.</param>
/// <param name="Audited">The audit-only policies by kind, namespace and name.</param>
/// <param name="AuditsOmitted">How many audit-only policies, or nodes' counts for them, did not fit in the reports.</param>
/// <param name="AgentsOmitted">How many agents did not fit in the reports. Their nodes are in <paramref name="Nodes"/> without an agent.</param>
internal sealed record DeploymentStatus(IReadOnlyList<ControllerStatus> Controllers, IReadOnlyList<NodeStatus> Nodes, IReadOnlyList<AuditStatus> Audited, int AuditsOmitted, int AgentsOmitted)
{
    /// <summary>One sentence for each kind whose served versions a live controller cannot read; empty when it reads all.</summary>
    public IReadOnlyList<string> UnreadVersions => [.. Controllers.Where(c => c.IsFresh).SelectMany(c => c.Report.UnsupportedVersions).Distinct(StringComparer.Ordinal)];

    /// <summary>Deleted policies that still apply to the pods of terminating namespaces, by kind and name, in order.</summary>
    public IReadOnlyList<string> Retained => [.. Controllers.Where(c => c.IsFresh).SelectMany(c => c.Report.Retained).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    /// <summary>How many such policies the reports omit: of the controller that omits most, since every controller has all of them.</summary>
    public int RetainedOmitted => Controllers.Where(c => c.IsFresh).Select(c => c.Report.RetainedLeftOut).DefaultIfEmpty().Max();

    /// <summary>Whether every node enforces the current policies, and NetPol reads every policy.</summary>
    public bool IsHealthy => Controllers.Any(c => c.IsFresh) && Nodes.All(n => n.NotProgrammedReason is null) && UnreadVersions.Count == 0;

    public static DeploymentStatus Create(IReadOnlyDictionary<string, ReplicaReport> reports, IReadOnlyList<string> nodes, DateTimeOffset now)
    {
        var controllers = reports.Select(r => new ControllerStatus(r.Key, r.Value, now - r.Value.At)).ToList();
        var fresh = controllers.Where(c => c.IsFresh).ToList();
        var agents = fresh.SelectMany(c => c.Report.Agents, (c, agent) => (c.Name, Agent: agent))
            // A node whose agent just reconnected is in the reports of two controllers.
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

    private static IReadOnlyList<AuditStatus> Audits(IEnumerable<ControllerStatus> controllers, Func<string, string, bool> isConnected)
    {
        var audits =
            from controller in controllers
            from audit in controller.Report.Audited
            group (controller.Name, audit.Nodes) by (audit.Kind, audit.Namespace, audit.Name) into reported
            let counts = reported.SelectMany(t => t.Nodes.Where(n => isConnected(n.Node, t.Name))).ToList()
            select new AuditStatus(reported.Key.Kind, reported.Key.Namespace, reported.Key.Name, counts.Sum(n => n.Denied), counts.Sum(n => n.Allowed), counts.Count);
        return [.. audits.OrderBy(a => a.ToString(), StringComparer.Ordinal)];
    }
}

/// <summary>An audit-only policy, and the connections that it would have denied and allowed.</summary>
/// <param name="Kind">The policy's kind.</param>
/// <param name="Namespace">The namespace; empty for a cluster-scoped kind.</param>
/// <param name="Name">Its name.</param>
/// <param name="Denied">The number of connections that it would have denied, on all nodes.</param>
/// <param name="Allowed">The number of connections that it would have allowed, on all nodes.</param>
/// <param name="Nodes">The number of nodes with any such connection.</param>
internal sealed record AuditStatus(string Kind, string Namespace, string Name, long Denied, long Allowed, int Nodes)
{
    /// <summary>Returns <c>Kind namespace/name</c>.</summary>
    public override string ToString() => Namespace.Length == 0 ? $"{Kind} {Name}" : $"{Kind} {Namespace}/{Name}";
}

/// <summary>A controller with its latest report and the age of that report.</summary>
internal sealed record ControllerStatus(string Name, ReplicaReport Report, TimeSpan Age)
{
    public bool IsFresh => Age <= ReplicaReport.MaxAge;
}

/// <summary>A node and the controller that its agent is connected to. Both are null when no controller reports the agent.</summary>
internal sealed record NodeStatus(string Name, string? Controller, AgentReport? Agent)
{
    /// <summary>Why the node may not enforce the current policies; null when it does.</summary>
    public string? NotProgrammedReason => Agent switch
    {
        null => "no agent is connected to a controller",
        { Error: { } error } => error,
        { IsCurrent: false } => "the agent is applying an update",
        _ => null,
    };
}
