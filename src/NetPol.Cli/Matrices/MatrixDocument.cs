using System.Text.Json.Serialization;
using NetPol.Cli.Output;
using NetPol.Model;
using NetPol.Model.Rules;

namespace NetPol.Cli.Matrices;

/// <summary>The matrix as a document.</summary>
internal sealed record MatrixDocument(IReadOnlyList<MatrixEntryJson> Items) : ListDocument<MatrixEntryJson>("ConnectivityMatrix", MatrixSerializers.Default)
{
    public static MatrixDocument Create(Matrix matrix) => new([.. matrix.Entries.Select(e => MatrixEntryJson.Create(e))]);
}

/// <summary>One connection and its verdict.</summary>
/// <param name="From">The source: <c>namespace/pod</c>, or an address.</param>
/// <param name="To">The destination: <c>namespace/pod</c>, or an address.</param>
/// <param name="Protocol">TCP, UDP, SCTP, ICMP or ICMPv6.</param>
/// <param name="Port">The destination port; 0 for ICMP.</param>
/// <param name="Service">The Service that the connection goes to; absent without one.</param>
/// <param name="Verdict">The verdict of both sides.</param>
/// <param name="Egress">The decision on the source's side.</param>
/// <param name="Ingress">The decision on the destination's side.</param>
internal sealed record MatrixEntryJson(
    string From,
    string To,
    string Protocol,
    int Port,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Service,
    Verdict Verdict,
    DecisionJson Egress,
    DecisionJson Ingress)
{
    public static MatrixEntryJson Create(MatrixEntry entry) => new(
        entry.From.Name, entry.To.Name, entry.Port.Protocol.Name(), entry.Port.Number, entry.Service, entry.Verdict.Verdict,
        DecisionJson.Create(entry.Verdict.Egress), DecisionJson.Create(entry.Verdict.Ingress));
}

/// <summary>Which rule decided. In the tier Default no policy decided: kind, policy and rule are null.</summary>
/// <param name="Verdict">The verdict.</param>
/// <param name="Tier">Admin, NetworkPolicy, Baseline or Default.</param>
/// <param name="Kind">The kind of the policy whose rule decided; null for isolation and for the default.</param>
/// <param name="Policy">The policy whose rule decided: <c>namespace/name</c>, or a name.</param>
/// <param name="Rule">The rule's index, from 0.</param>
/// <param name="RuleName">The rule's name; null without one.</param>
/// <param name="IsolatedBy">The NetworkPolicies that isolate the pod when none of their rules allows the connection; else empty.</param>
/// <param name="Audit">What the audited policies would decide; absent where that is the same.</param>
internal sealed record DecisionJson(
    Verdict Verdict,
    string Tier,
    string? Kind,
    string? Policy,
    int? Rule,
    string? RuleName,
    IReadOnlyList<string> IsolatedBy,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DecisionJson? Audit)
{
    public static DecisionJson Create(Decision decision) => new(
        decision.Verdict, decision.Tier.ToString(), decision.Policy?.Kind.ToString(), decision.Policy?.QualifiedName, decision.RuleIndex, decision.RuleName,
        [.. decision.IsolatedBy.Select(p => p.QualifiedName)], decision.Audit is { } audit ? Create(audit) : null);
}

[JsonSerializable(typeof(MatrixDocument))]
internal sealed partial class MatrixSerializers : JsonSerializerContext;
