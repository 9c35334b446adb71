namespace NetPol.Model.Policies;

/// <summary>
/// Why a policy is isolated, and how far. A policy is isolated when its rules cannot be compiled, sent or loaded, or exceed a budget. It then allows
/// nothing, and every other policy means what it meant.
/// </summary>
/// <param name="Degree">What is left of its rules.</param>
/// <param name="Reason">What failed, for people: one sentence without a full stop.</param>
public sealed record PolicyIsolation(IsolationDegree Degree, string Reason);

/// <summary>What is left of the rules of an isolated policy. A NetworkPolicy isolates its pods in its directions and allows nothing, in either degree.</summary>
public enum IsolationDegree
{
    /// <summary>Deny rules stay as they are, Pass rules deny the same peers and ports, Allow rules match nothing.</summary>
    AllowsNothing,

    /// <summary>As <see cref="AllowsNothing"/>, but Deny and Pass rules deny all peers and all ports: their own peers and ports cannot be expressed.</summary>
    DeniesEveryPeer,
}
