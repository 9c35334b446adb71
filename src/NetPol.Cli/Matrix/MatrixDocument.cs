using System.Text.Json.Serialization;
using NetPol.Cli.Connections;
using NetPol.Cli.Infrastructure;
using NetPol.Model.Net;
using NetPol.Model.RuleSets;

namespace NetPol.Cli.Matrix;

/// <summary>The matrix as a document.</summary>
internal sealed record MatrixDocument(IReadOnlyList<MatrixEntryJson> Items) : ListDocument<MatrixEntryJson>("ConnectivityMatrix", MatrixSerializers.Default)
{
    public static MatrixDocument Create(ConnectivityMatrix matrix) => new([.. matrix.Entries.Select(e => MatrixEntryJson.Create(e))]);
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

[JsonSerializable(typeof(MatrixDocument))]
internal sealed partial class MatrixSerializers : JsonSerializerContext;
