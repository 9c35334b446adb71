namespace NetPol.Protocol.State;

/// <summary>A policy that is audited only, and what was counted for it.</summary>
/// <param name="Kind">The policy's kind.</param>
/// <param name="Namespace">Empty for a cluster-scoped kind.</param>
/// <param name="Name">Its name.</param>
/// <param name="Nodes">By name; only those where something was counted.</param>
public sealed record AuditReport(string Kind, string Namespace, string Name, IReadOnlyList<AuditedNode> Nodes);
