using System.Text.Json.Serialization;
using NetPol.Cli.Infrastructure;
using NetPol.Model.Policies;
using NetPol.Protocol.Flows;

namespace NetPol.Cli.Logs;

/// <summary>Connections of one flow that met one decision within a few seconds. A field is absent when its value is unknown or does not apply.</summary>
/// <param name="Time">The time of the first packet, by the node's clock.</param>
/// <param name="EndTime">The time of the last packet.</param>
/// <param name="Node">The node that decided.</param>
/// <param name="Direction"><c>ingress</c> or <c>egress</c>.</param>
/// <param name="Verdict"><c>allow</c> or <c>deny</c>; <c>audit-allow</c> or <c>audit-deny</c> for what audited policies would have decided.</param>
/// <param name="Source">The source of the connections.</param>
/// <param name="Destination">Their destination.</param>
/// <param name="Protocol">TCP, UDP, SCTP, ICMP, else the protocol number.</param>
/// <param name="IcmpType">The type of an ICMP packet.</param>
/// <param name="Tier">Admin, NetworkPolicy, Baseline or Default.</param>
/// <param name="Policy">The policy whose rule decided.</param>
/// <param name="IsolatedBy">The policies that isolate the pod, when none of their rules allows the connections.</param>
/// <param name="Count">The number of packets that opened, or tried to open, a connection.</param>
/// <param name="Lost">The number of packets and records that are missing since the previous record.</param>
internal sealed record FlowRecordDocument(
    DateTime Time,
    DateTime EndTime,
    string Node,
    string Direction,
    string Verdict,
    FlowEndpointJson Source,
    FlowEndpointJson Destination,
    string Protocol,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? IcmpType,
    string Tier,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] FlowPolicyJson? Policy,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<FlowPolicyNameJson>? IsolatedBy,
    long Count,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] long? Lost) : Document("FlowRecord", FlowRecordSerializers.Default)
{
    public static FlowRecordDocument Create(FlowRecord record, long lost)
    {
        var decision = record.Decision;
        return new(
            record.FirstPacketAt.UtcDateTime,
            record.LastPacketAt.UtcDateTime,
            record.Node,
            FlowTerms.Direction(record),
            FlowTerms.Verdict(record),
            FlowEndpointJson.Create(record.Source),
            FlowEndpointJson.Create(record.Destination),
            FlowTerms.Protocol(record),
            record.IcmpType,
            FlowTerms.Tier(decision.Tier),
            decision.Policy is { } policy ? new(policy.Kind.ToString(), FlowPolicyNameJson.NamespaceOf(policy), policy.Name, decision.RuleIndex ?? 0, decision.RuleName) : null,
            decision.IsolatedBy.IsEmpty ? null : [.. decision.IsolatedBy.Select(FlowPolicyNameJson.Create)],
            record.Count,
            lost > 0 ? lost : null);
    }
}

/// <summary>One side of a flow.</summary>
/// <param name="Address">The address after destination translation and before source translation.</param>
/// <param name="Port">The port; of a source only when all connections came from one port.</param>
/// <param name="Namespace">The namespace of the pod with this address.</param>
/// <param name="Pod">The pod's name.</param>
/// <param name="Labels">The pod's labels.</param>
/// <param name="Node">The node with this address.</param>
internal sealed record FlowEndpointJson(
    string Address,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Port,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Namespace,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Pod,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyDictionary<string, string>? Labels,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Node)
{
    public static FlowEndpointJson Create(FlowEndpoint endpoint)
    {
        if (endpoint.Owner?.Pod is not { } pod)
            return new(endpoint.Address.ToString(), endpoint.Port, null, null, null, endpoint.Owner?.Node);
        var labels = new OrderedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in endpoint.Owner.Labels.Pairs)
            labels.Add(key, value);
        return new(endpoint.Address.ToString(), endpoint.Port, pod.Namespace, pod.Name, labels, null);
    }
}

/// <summary>A policy and the rule that decided.</summary>
/// <param name="Kind">The policy's kind.</param>
/// <param name="Namespace">Its namespace; absent for a cluster-scoped kind.</param>
/// <param name="Name">Its name.</param>
/// <param name="Rule">The rule's index, from 0.</param>
/// <param name="RuleName">The rule's name; absent without one.</param>
internal sealed record FlowPolicyJson(
    string Kind,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Namespace,
    string Name,
    int Rule,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? RuleName);

/// <summary>A policy that isolates a pod.</summary>
internal sealed record FlowPolicyNameJson(string Kind, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Namespace, string Name)
{
    public static FlowPolicyNameJson Create(PolicyId policy) => new(policy.Kind.ToString(), NamespaceOf(policy), policy.Name);

    public static string? NamespaceOf(PolicyId policy) => policy.Namespace.Length > 0 ? policy.Namespace : null;
}

[JsonSerializable(typeof(FlowRecordDocument))]
internal sealed partial class FlowRecordSerializers : JsonSerializerContext;
