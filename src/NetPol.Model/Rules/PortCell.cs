namespace NetPol.Model.Rules;

/// <summary>Some ports of one protocol and the decision for them. Ordered by protocol number, then by ports.</summary>
public readonly record struct PortCell(Protocol Protocol, PortRange Ports, DecisionId Decision);
