namespace NetPol.Model.Rules;

/// <summary>A peer's address and its identity. Ordered by address.</summary>
public readonly record struct PeerAddress(IpAddress Address, ClassId Class);
