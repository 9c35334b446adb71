using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;

namespace NetPol.Compiler.Analysis.Unused;

/// <summary>An unused policy, or an unused rule of a policy.</summary>
/// <param name="Policy">The policy.</param>
/// <param name="Rule">The rule. Null for the whole policy, including its isolation.</param>
/// <param name="Type">Whether it decides nothing or changes nothing.</param>
/// <param name="Reason">The reason.</param>
/// <param name="ReplacingRules">The rules that decide before it, or that would decide the same without it, in order.</param>
/// <param name="ReplacingIsolation">The NetworkPolicies whose isolation would deny the same without it, in order.</param>
/// <param name="ByDefault">Whether some of its connections would be allowed by default without it.</param>
/// <param name="ByOtherSide">Whether the other side denies some of its connections anyway.</param>
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
    /// <summary>The pods that its subject or peers name but no selector matches: finished pods and pods on the host's network. Empty if each selection matches a pod.</summary>
    public ValueArray<Pod> UnselectablePods { get; init; } = [];
}

public enum UnusedReason
{
    /// <summary>A BaselineAdminNetworkPolicy has an effect only under the name default.</summary>
    NoEffect,

    /// <summary>A cluster-scoped policy without rules.</summary>
    SaysNothing,

    /// <summary>Its subject selects no running pod.</summary>
    SelectsNoPod,

    /// <summary>An Allow rule with an unknown part, or with a part that is not enforced yet, matches nothing.</summary>
    NotUnderstood,

    /// <summary>Its peers match no pod, node or address.</summary>
    NoSuchPeer,

    /// <summary>No matching pod has a port of the name.</summary>
    NoSuchPort,

    /// <summary>Earlier rules decide or pass all connections that it matches.</summary>
    Shadowed,

    /// <summary>Other rules or policies would decide the same.</summary>
    Redundant,
}

/// <summary>The degree to which a policy or rule is unused.</summary>
public enum UnusedType
{
    /// <summary>It decides and passes no connection of the cluster, including connections with external addresses.</summary>
    NeverDecides,

    /// <summary>It decides connections, but every connection would have the same verdict without it.</summary>
    ChangesNothing,
}

/// <summary>A rule of a policy.</summary>
/// <param name="Policy">Its policy.</param>
/// <param name="Direction">The direction of the policy's list.</param>
/// <param name="Index">Its index in the list, from 0.</param>
/// <param name="Name">Its name. Null without a name.</param>
public sealed record RuleReference(PolicyId Policy, Direction Direction, int Index, string? Name)
{
    public override string ToString() => $"{Policy} {(Direction == Direction.Ingress ? "ingress" : "egress")} rule {Index}{(Name is null ? "" : $" \"{Name}\"")}";
}
