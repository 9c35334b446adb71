namespace NetPol.Protocol.State;

/// <summary>What a policy would have decided on a node.</summary>
/// <param name="Node">The node's name.</param>
/// <param name="Denied">Connections that it would have denied.</param>
/// <param name="Allowed">Connections that it would have allowed.</param>
public sealed record AuditedNode(string Node, long Denied, long Allowed);
