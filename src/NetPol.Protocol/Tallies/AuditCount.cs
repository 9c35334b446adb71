using NetPol.Model.Policies;

namespace NetPol.Protocol.Tallies;

/// <summary>Connections that a policy would have decided on, alone or with others, were the audited policies enforced.</summary>
/// <param name="Policy">The policy.</param>
/// <param name="Denied">Those it would have denied.</param>
/// <param name="Allowed">Those it would have allowed.</param>
public readonly record struct AuditCount(PolicyId Policy, long Denied, long Allowed);
