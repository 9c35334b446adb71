using System.Text.Json.Serialization;
using NetPol.Cli.Infrastructure;

namespace NetPol.Cli.Status;

/// <summary>The controllers and agents of a cluster.</summary>
/// <param name="Healthy">Whether every node enforces the current policies, and NetPol reads every policy.</param>
/// <param name="Controllers">By name.</param>
/// <param name="Nodes">By name.</param>
/// <param name="UnreadVersions">The kinds that the cluster serves in no version that NetPol reads, a sentence each.</param>
/// <param name="Audited">The audit-only policies.</param>
/// <param name="AuditsOmitted">The number of audit-only policies that the reports omit.</param>
/// <param name="AgentsOmitted">The number of agents that the reports omit.</param>
/// <param name="Retained">Deleted policies that stay in effect while their terminating namespaces have pods, by kind and name.</param>
/// <param name="RetainedOmitted">The number of such policies that the reports omit.</param>
internal sealed record StatusDocument(
    bool Healthy,
    IReadOnlyList<ControllerJson> Controllers,
    IReadOnlyList<NodeStatusJson> Nodes,
    IReadOnlyList<string> UnreadVersions,
    IReadOnlyList<AuditedPolicyJson> Audited,
    int AuditsOmitted,
    int AgentsOmitted,
    IReadOnlyList<string> Retained,
    int RetainedOmitted) : Document("DeploymentStatus", StatusSerializers.Default)
{
    public static StatusDocument Create(DeploymentStatus status) => new(
        status.IsHealthy,
        [.. status.Controllers.Select(c => new ControllerJson(c.Name, c.IsFresh, c.Report.At, c.Report.IsLeader, c.Report.Revision, c.Report.Agents.Count))],
        [.. status.Nodes.Select(NodeStatusJson.Create)],
        status.UnreadVersions,
        [.. status.Audited.Select(a => new AuditedPolicyJson(a.Kind, a.Namespace.Length == 0 ? null : a.Namespace, a.Name, a.Denied, a.Allowed, a.Nodes))],
        status.AuditsOmitted,
        status.AgentsOmitted,
        status.Retained,
        status.RetainedOmitted);
}

/// <summary>A controller.</summary>
/// <param name="Name">Its pod's name.</param>
/// <param name="Fresh">Whether its report is recent.</param>
/// <param name="ReportedAt">The time of its report.</param>
/// <param name="Leads">Whether it holds the Lease.</param>
/// <param name="Revision">The number of changes that it has compiled.</param>
/// <param name="Agents">The number of agents that are connected to it.</param>
internal sealed record ControllerJson(string Name, bool Fresh, DateTimeOffset ReportedAt, bool Leads, long Revision, int Agents);

/// <summary>A node. The fields of the agent are absent when no agent is connected or it does not report them.</summary>
/// <param name="Name">The node's name.</param>
/// <param name="Programmed">Whether the node enforces the current policies.</param>
/// <param name="Reason">Why it may not; null when it does.</param>
/// <param name="Controller">The controller that its agent is connected to.</param>
/// <param name="Agent">The agent's version.</param>
/// <param name="Generation">The generation of rules that the agent programmed.</param>
/// <param name="EnforcedAt">When it programmed them.</param>
/// <param name="LagSeconds">The time from the last change to its programming.</param>
/// <param name="Resyncs">How often the agent restored rules that another process changed.</param>
/// <param name="StaleConnectionsRemoved">How many connections it ended because the policies no longer allow them.</param>
internal sealed record NodeStatusJson(
    string Name,
    bool Programmed,
    string? Reason,
    string? Controller,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Agent,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ulong? Generation,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? EnforcedAt,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] double? LagSeconds,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Resyncs,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? StaleConnectionsRemoved)
{
    public static NodeStatusJson Create(NodeStatus node) => new(
        node.Name, node.NotProgrammedReason is null, node.NotProgrammedReason, node.Controller,
        node.Agent?.Agent, node.Agent?.Generation, node.Agent?.EnforcedAt, node.Agent?.DelaySeconds, node.Agent?.Resyncs, node.Agent?.StaleConnectionsRemoved);
}

/// <summary>An audit-only policy, and the connections that it would have denied and allowed.</summary>
internal sealed record AuditedPolicyJson(
    string Kind,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Namespace,
    string Name,
    long Denied,
    long Allowed,
    int Nodes);

[JsonSerializable(typeof(StatusDocument))]
internal sealed partial class StatusSerializers : JsonSerializerContext;
