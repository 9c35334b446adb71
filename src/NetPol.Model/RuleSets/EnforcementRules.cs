using NetPol.Model.Net;

namespace NetPol.Model.RuleSets;

/// <summary>
/// The rules of one enforcement point. An address that is no subject is allowed by default. For a subject, the first of these decides:
/// <see cref="Self"/>, where the peer is the subject's own address and has an entry there; the policy entry of the peer's identity and the
/// subject; the subject's default in <see cref="Defaults"/>. A peer gets its identity from <see cref="Peers"/>, or else from the interval of
/// <see cref="Networks"/> that contains it. All lists are sorted by their keys, and keys are unique.
/// </summary>
public sealed record EnforcementRules
{
    public static EnforcementRules Empty { get; } = new();

    /// <summary>The subjects, each with the port policy for every peer without a policy entry.</summary>
    public ValueArray<SubjectPortPolicy> Defaults { get; init; }

    /// <summary>
    /// The port policies for connections of a subject with itself, where they differ from those for its own address as a peer. A subject
    /// without an entry is a peer of itself like any other. Empty at PodToHost.
    /// </summary>
    public ValueArray<SubjectPortPolicy> Self { get; init; }

    /// <summary>Pod addresses and their identities. They take precedence over <see cref="Networks"/>. Empty at PodToHost.</summary>
    public ValueArray<PeerAddress> Peers { get; init; }

    /// <summary>Disjoint address intervals and their identities.</summary>
    public ValueArray<PeerNetwork> Networks { get; init; }

    /// <summary>Every identity in <see cref="Peers"/> or <see cref="Networks"/>, in order. An identity may have no policy entry.</summary>
    public ValueArray<PeerIdentity> Identities { get; init; }

    /// <summary>The policy entries that differ from the subject's default.</summary>
    public ValueArray<PolicyEntry> PolicyEntries { get; init; }
}

/// <summary>Where a node evaluates connections. Each enforcement point has its own rules.</summary>
public enum EnforcementPoint
{
    /// <summary>Traffic from a local pod to any destination except its own node.</summary>
    PodEgress,

    /// <summary>Traffic to a local pod from any source except its own node.</summary>
    PodIngress,

    /// <summary>
    /// Traffic from a local pod to its own node. Only Admin and Baseline rules apply, and only those that can name a node: networks, nodes,
    /// and rules that fail closed to every peer.
    /// </summary>
    PodToHost,
}

/// <summary>The address of a local pod and its port policy. Ordered by address.</summary>
public readonly record struct SubjectPortPolicy(IpAddress Subject, PortPolicyId PortPolicy);

/// <summary>A peer's address and its identity. Ordered by address.</summary>
public readonly record struct PeerAddress(IpAddress Address, PeerIdentity Identity);

/// <summary>An interval of peer addresses and its identity. The intervals of a list are disjoint and ordered.</summary>
public readonly record struct PeerNetwork(AddressRange Range, PeerIdentity Identity);

/// <summary>The port policy for connections between peers of an identity and a local pod's address. Ordered by identity, then address.</summary>
public readonly record struct PolicyEntry(PeerIdentity Identity, IpAddress Subject, PortPolicyId PortPolicy);
