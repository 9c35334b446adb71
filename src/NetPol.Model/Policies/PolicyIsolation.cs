namespace NetPol.Model.Policies;

/// <summary>
/// Why a policy is isolated, and how far. A policy is isolated when its rules cannot be compiled, sent or loaded, or exceed a budget. It then allows
/// nothing. All other policies stay unaffected.
/// </summary>
/// <param name="Degree">Which of its rules remain.</param>
/// <param name="Reason">What failed, for people: one sentence without a full stop.</param>
public sealed record PolicyIsolation(IsolationDegree Degree, string Reason);

/// <summary>Which rules of an isolated policy remain. In either degree, a NetworkPolicy isolates its pods in its directions and allows nothing.</summary>
public enum IsolationDegree
{
    /// <summary>Deny rules stay as they are, Pass rules deny the same peers and ports, Allow rules match nothing.</summary>
    AllowsNothing,

    /// <summary>As <see cref="AllowsNothing"/>, but Deny and Pass rules deny all peers and all ports: their own peers and ports cannot be expressed.</summary>
    DeniesEveryPeer,
}
