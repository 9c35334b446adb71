using System.Text.Json.Serialization;
using NetPol.Cli.Connections;
using NetPol.Cli.Infrastructure;
using NetPol.Cli.Matrix;
using NetPol.Lab.Probes;
using NetPol.Model.RuleSets;
using Spectre.Console;

namespace NetPol.Cli.Lab;

/// <summary>The connections that a lab tried, with the expected and the observed verdict.</summary>
internal sealed record LabDocument(IReadOnlyList<LabEntryJson> Items) : ListDocument<LabEntryJson>("LabReport", LabSerializers.Default)
{
    public static LabDocument Create(IEnumerable<MatrixEntry> entries, ReachabilityMatrix reached) =>
        new([.. entries.Zip(reached.Observations, (entry, observation) => LabEntryJson.Create(MatrixEntryJson.Create(entry), observation))]);
}

/// <summary>An entry of the matrix with its observed result.</summary>
/// <param name="From">The source: <c>namespace/pod</c>, or an address.</param>
/// <param name="To">The destination: <c>namespace/pod</c>, or an address.</param>
/// <param name="Protocol">TCP, UDP, SCTP, ICMP or ICMPv6.</param>
/// <param name="Port">The destination port; 0 for ICMP.</param>
/// <param name="Service">The Service that the connection goes to; absent without one.</param>
/// <param name="Verdict">The verdict of both sides: the expected result.</param>
/// <param name="Egress">The decision on the source's side.</param>
/// <param name="Ingress">The decision on the destination's side.</param>
/// <param name="Observed">As <see cref="LabTable.Observed"/>.</param>
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
        entry.From, entry.To, entry.Protocol, entry.Port, entry.Service, entry.Verdict, entry.Egress, entry.Ingress, LabTable.Observed(observation));
}

[JsonSerializable(typeof(LabDocument))]
internal sealed partial class LabSerializers : JsonSerializerContext;

/// <summary>Compares expected and observed results.</summary>
internal static class LabTable
{
    private const string Disagrees = "!!";

    /// <summary>Returns <c>allow</c> or <c>deny</c>, or else the outcome: <c>misdirected</c>, <c>unreachable</c>, <c>failed</c>, <c>notSent</c>.</summary>
    public static string Observed(Observation observation) => observation.Outcome switch
    {
        ProbeOutcome.Answered or ProbeOutcome.Refused => Describe.Action(Verdict.Allow),
        ProbeOutcome.NoAnswer => Describe.Action(Verdict.Deny),
        var other => Describe.CamelCase(other.ToString()),
    };

    /// <summary>Returns one line for an observation that differs from the expected result.</summary>
    public static string DescribeDisagreement(MatrixEntry entry, Observation observation)
    {
        var detail = observation switch
        {
            { Outcome: ProbeOutcome.Misdirected } => $" ({observation.AnsweredBy} answered)",
            { Error: { } error } => $" ({error})",
            _ => "",
        };
        return $"{entry.From.Name} -> {entry.To.Name} {entry.Port}: expected {Describe.Action(entry.Verdict.Verdict)} " +
            $"(egress {entry.Verdict.Egress}; ingress {entry.Verdict.Ingress}), observed {Observed(observation)}{detail}";
    }

    public static void WriteTable(IAnsiConsole console, LabScenario plan, ReachabilityMatrix reached)
    {
        var (matrix, entries) = (plan.Matrix, plan.Entries);
        var wrong = entries.Zip(reached.Observations).Where(p => !p.Second.Agrees).ToDictionary(p => p.First, p => p.Second);
        foreach (var port in matrix.Ports)
        {
            MatrixTable.WriteGrids(
                console,
                matrix,
                port,
                entry => entry is not null && wrong.ContainsKey(entry) ? Disagrees : MatrixCell.Symbol(entry),
                entry => wrong.ContainsKey(entry) ? "bold yellow" : MatrixTable.Style(entry));
        }
        console.WriteLine(wrong.Count == 0 ? MatrixCell.Legend : $"{MatrixCell.Legend}   {Disagrees} not as the policies decide");
        foreach (var (entry, observation) in wrong)
            console.Markup($"[yellow]{Markup.Escape(DescribeDisagreement(entry, observation))}[/]\n");
        var passed = reached.Observations.Count(o => o.Allowed == true);
        var summary = $"{entries.Count} connections tried: {passed} passed, {entries.Count - passed} did not";
        console.Markup(wrong.Count == 0
            ? $"{summary}; [green]all as the policies decide[/]\n"
            : $"{summary}; [bold yellow]{wrong.Count} not as the policies decide[/]\n");
    }
}
