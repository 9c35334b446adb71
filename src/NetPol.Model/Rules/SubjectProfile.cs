namespace NetPol.Model.Rules;

/// <summary>An address of a local pod and the profile that judges it in some situation. Ordered by address.</summary>
public readonly record struct SubjectProfile(IpAddress Subject, ProfileId Profile);
