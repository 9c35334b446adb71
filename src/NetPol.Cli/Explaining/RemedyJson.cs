using System.Text.Json.Serialization;
using NetPol.Compiler.Explaining;
using NetPol.Model;
using NetPol.Model.Policies;

namespace NetPol.Cli.Explaining;

/// <summary>A change that is needed for the connection to be allowed. All changes together allow it.</summary>
/// <param name="Side">The side of the connection.</param>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "change")]
[JsonDerivedType(typeof(NarrowRuleJson), "rule")]
[JsonDerivedType(typeof(AllowRuleJson), "allow")]
internal abstract record RemedyJson([property: JsonPropertyOrder(-1)] Direction Side)
{
    /// <summary>The changes of both sides in the order of evaluation; empty for a connection that is allowed.</summary>
    public static IReadOnlyList<RemedyJson> Create(Explanation explanation) =>
    [
        .. from side in new[] { explanation.Egress, explanation.Ingress }
           from change in side.Remedy
           select Create(side.Direction, change),
    ];

    private static RemedyJson Create(Direction side, RemedyChange change) => change switch
    {
        RemedyChange.RuleDenies denies => new NarrowRuleJson(
            side, denies.Tier.ToString(), denies.Step.Policy.Kind.ToString(), denies.Step.Policy.QualifiedName, denies.Step.RuleIndex, denies.Step.RuleName, denies.Isolation?.Reason),
        RemedyChange.Isolated isolated => new AllowRuleJson(
            side, [.. isolated.IsolatedBy.Select(p => p.QualifiedName)], isolated.AddTo?.QualifiedName, isolated.Subject.Namespace, LabelSelectorJson.Create(isolated.Subject.Pods),
            NetworkPolicyRuleJson.Create(side, isolated.Allowing)),
        _ => throw new ArgumentOutOfRangeException(nameof(change)),
    };
}

/// <summary>A rule denies the connection: narrow it, delete it, or put a rule before it that allows.</summary>
/// <param name="Side">The side of the connection.</param>
/// <param name="Tier">The tier of the rule.</param>
/// <param name="Kind">The policy's kind.</param>
/// <param name="Policy">The policy: <c>namespace/name</c>, or a name.</param>
/// <param name="Index">The rule's index, from 0.</param>
/// <param name="Name">The rule's name; null without one.</param>
/// <param name="Isolated">Why the pod is isolated, for a Baseline rule; absent when it is not.</param>
internal sealed record NarrowRuleJson(
    Direction Side,
    string Tier,
    string Kind,
    string Policy,
    int Index,
    string? Name,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Isolated) : RemedyJson(Side);

/// <summary>The pod is isolated: add a rule that allows the connection.</summary>
/// <param name="Side">The side of the connection.</param>
/// <param name="IsolatedBy">The NetworkPolicies that isolate the pod.</param>
/// <param name="AddTo">The NetworkPolicy to add the rule to; null for a new one.</param>
/// <param name="Namespace">The namespace of the NetworkPolicy.</param>
/// <param name="PodSelector">The pods that the NetworkPolicy selects.</param>
/// <param name="Rule">The rule to add.</param>
internal sealed record AllowRuleJson(
    Direction Side, IReadOnlyList<string> IsolatedBy, string? AddTo, string? Namespace, LabelSelectorJson PodSelector, NetworkPolicyRuleJson Rule) : RemedyJson(Side);

/// <summary>A rule as a NetworkPolicy has it: <c>from</c> for ingress, <c>to</c> for egress.</summary>
internal sealed record NetworkPolicyRuleJson(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<NetworkPolicyPeerJson>? From,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<NetworkPolicyPeerJson>? To,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<NetworkPolicyPortJson>? Ports)
{
    public static NetworkPolicyRuleJson Create(Direction side, Rule rule)
    {
        IReadOnlyList<NetworkPolicyPeerJson> peers = [.. rule.Peers.Select(NetworkPolicyPeerJson.Create)];
        IReadOnlyList<NetworkPolicyPortJson>? ports =
            rule.Ports is { } matches ? [.. matches.Cast<PortMatch.Numbers>().Select(p => new NetworkPolicyPortJson(p.Protocol.Name(), p.Range.First))] : null;
        return side == Direction.Ingress ? new(peers, null, ports) : new(null, peers, ports);
    }
}

/// <summary>A peer as a NetworkPolicy has it.</summary>
internal sealed record NetworkPolicyPeerJson(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IpBlockJson? IpBlock,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] LabelSelectorJson? NamespaceSelector,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] LabelSelectorJson? PodSelector)
{
    public static NetworkPolicyPeerJson Create(Peer peer) => peer switch
    {
        Peer.Network network => new(new IpBlockJson(network.Cidr.ToString()), null, null),
        Peer.Pods { Selection: var selection } => new(
            null, selection.Namespace is null ? LabelSelectorJson.Create(selection.Namespaces) : null, LabelSelectorJson.Create(selection.Pods)),
        _ => new(null, null, null),
    };
}

/// <summary>An address range.</summary>
internal sealed record IpBlockJson(string Cidr);

/// <summary>A port of a protocol.</summary>
internal sealed record NetworkPolicyPortJson(string Protocol, int Port);

/// <summary>A selector by labels; without labels it selects everything.</summary>
internal sealed record LabelSelectorJson([property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyDictionary<string, string>? MatchLabels)
{
    public static LabelSelectorJson Create(LabelSelector selector)
    {
        if (selector.Requirements.IsEmpty)
            return new((IReadOnlyDictionary<string, string>?)null);
        var labels = new OrderedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var requirement in selector.Requirements)
            labels[requirement.Key] = requirement.Values[0];
        return new(labels);
    }
}
