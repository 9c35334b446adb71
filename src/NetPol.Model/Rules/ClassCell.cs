namespace NetPol.Model.Rules;

/// <summary>The port policy for connections between peers of an identity and a local pod's address. Ordered by identity, then address.</summary>
public readonly record struct ClassCell(ClassId Class, IpAddress Subject, ProfileId Profile);
