using System.Text.Json.Serialization;
using NetPol.Cli.Matrices;
using NetPol.Cli.Output;
using NetPol.Lab.Probing;
using NetPol.Model.Rules;

namespace NetPol.Cli.Labs;

/// <summary>The connections that a lab tried, with the expected and the observed verdict.</summary>
internal sealed record LabDocument(IReadOnlyList<LabEntryJson> Items) : ListDocument<LabEntryJson>("LabReport", LabSerializers.Default)
{
    public static LabDocument Create(IEnumerable<MatrixEntry> entries, ReachabilityMatrix reached) =>
        new([.. entries.Zip(reached.Observations, (entry, observation) => LabEntryJson.Create(MatrixEntryJson.Create(entry), observation))]);
}

/// <summary>An entry of the matrix, with the observed result.</summary>
/// <param name="From">The source: <c>namespace/pod</c>, or an address.</param>
/// <param name="To">The destination: <c>namespace/pod</c>, or an address.</param>
/// <param name="Protocol">TCP, UDP, SCTP, ICMP or ICMPv6.</param>
/// <param name="Port">The destination port; 0 for ICMP.</param>
/// <param name="Service">The Service that the connection goes to; absent without one.</param>
/// <param name="Verdict">The verdict of both sides: the expected result.</param>
/// <param name="Egress">The decision on the source's side.</param>
/// <param name="Ingress">The decision on the destination's side.</param>
/// <param name="Observed">As <see cref="LabReport.Observed"/>.</param>
internal sealed record LabEntryJson(
    string From,
    string To,
    string Protocol,
    int Port,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Service,
    Verdict Verdict,
    DecisionJson Egress,
    DecisionJson Ingress,
    string Observed)
{
    public static LabEntryJson Create(MatrixEntryJson entry, Observation observation) => new(
        entry.From, entry.To, entry.Protocol, entry.Port, entry.Service, entry.Verdict, entry.Egress, entry.Ingress, LabReport.Observed(observation));
}

[JsonSerializable(typeof(LabDocument))]
internal sealed partial class LabSerializers : JsonSerializerContext;
