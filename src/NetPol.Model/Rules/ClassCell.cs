namespace NetPol.Model.Rules;

/// <summary>The profile that judges connections between peers of a class and a local pod's address. Ordered by class, then address.</summary>
public readonly record struct ClassCell(ClassId Class, IpAddress Subject, ProfileId Profile);
