namespace NetPol.Model.Rules;

/// <summary>The address of a local pod and its port policy. Ordered by address.</summary>
public readonly record struct SubjectProfile(IpAddress Subject, ProfileId Profile);
