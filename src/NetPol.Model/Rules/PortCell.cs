namespace NetPol.Model.Rules;

/// <summary>A port range of one protocol and its decision. Ordered by protocol number, then by ports.</summary>
public readonly record struct PortCell(Protocol Protocol, PortRange Ports, DecisionId Decision);
