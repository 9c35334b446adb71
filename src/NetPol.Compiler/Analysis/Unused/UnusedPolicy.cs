using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Analysis.Unused;

/// <summary>A policy, or one rule of it, that is of no use.</summary>
/// <param name="Policy">The policy.</param>
/// <param name="Rule">The rule; null when the whole policy is meant, its isolation too.</param>
/// <param name="Type">In which sense.</param>
/// <param name="Reason">Why.</param>
/// <param name="ReplacingRules">The rules that decide before it, or that decide the same without it, in order.</param>
/// <param name="ReplacingIsolation">The NetworkPolicies whose isolation denies the same without it, in order.</param>
/// <param name="ByDefault">Whether some of what it allows is allowed by default without it.</param>
/// <param name="ByOtherSide">Whether some of what it decides is denied by the other side of the connections anyway.</param>
public sealed record UnusedPolicy(
    PolicyId Policy,
    RuleReference? Rule,
    UnusedType Type,
    UnusedReason Reason,
    ValueArray<RuleReference> ReplacingRules,
    ValueArray<PolicyId> ReplacingIsolation,
    bool ByDefault,
    bool ByOtherSide)
{
    /// <summary>The pods that its subject or a peer names and that no selector matches: those on the host's network, and finished ones. Empty where each matches some pod.</summary>
    public ValueArray<Pod> UnselectablePods { get; init; } = [];
}

public enum UnusedReason
{
    /// <summary>A BaselineAdminNetworkPolicy has an effect only under the name default.</summary>
    NoEffect,

    /// <summary>A policy of an administrator without rules.</summary>
    SaysNothing,

    /// <summary>Its subject is no pod that a node runs.</summary>
    SelectsNoPod,

    /// <summary>An Allow with something that is not understood, or not enforced yet, matches nothing.</summary>
    NotUnderstood,

    /// <summary>No pod, node or address that its subjects could meet is among its peers.</summary>
    NoSuchPeer,

    /// <summary>No pod that it is about has a port of the name.</summary>
    NoSuchPort,

    /// <summary>Everything that it matches is decided, or passed on, before it.</summary>
    Shadowed,

    /// <summary>Others decide the same.</summary>
    Redundant,
}

/// <summary>In which sense something is of no use.</summary>
public enum UnusedType
{
    /// <summary>No connection of the cluster, or with any address outside, is decided or passed on by it.</summary>
    NeverDecides,

    /// <summary>It decides connections, but without it, and with all else as it is, every connection has the same verdict.</summary>
    ChangesNothing,
}

/// <summary>A rule of a policy.</summary>
/// <param name="Policy">Its policy.</param>
/// <param name="Direction">In which of the policy's lists it is.</param>
/// <param name="Index">Its place there, from 0.</param>
/// <param name="Name">Its name; null when it has none.</param>
public sealed record RuleReference(PolicyId Policy, Direction Direction, int Index, string? Name)
{
    public override string ToString() => $"{Policy} {(Direction == Direction.Ingress ? "ingress" : "egress")} rule {Index}{(Name is null ? "" : $" \"{Name}\"")}";
}
