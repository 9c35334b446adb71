using NetPol.Cli.Explaining;
using NetPol.Cli.Matrices;
using NetPol.Lab.Probing;
using NetPol.Model.Rules;
using Spectre.Console;

namespace NetPol.Cli.Labs;

/// <summary>What was expected beside what was observed.</summary>
internal static class LabReport
{
    private const string Disagrees = "!!";

    /// <summary><c>allow</c> or <c>deny</c>, or else what happened: <c>misdirected</c>, <c>unreachable</c>, <c>failed</c>, <c>neverLeft</c>.</summary>
    public static string Observed(Observation observation) => observation.Outcome switch
    {
        ProbeOutcome.Answered or ProbeOutcome.Refused => Words.Action(Verdict.Allow),
        ProbeOutcome.Silence => Words.Action(Verdict.Deny),
        var other => Words.Camel(other.ToString()),
    };

    /// <summary>One line for an observation that is not what was expected.</summary>
    public static string Disagreement(MatrixEntry entry, Observation observation)
    {
        var detail = observation switch
        {
            { Outcome: ProbeOutcome.Misdirected } => $" ({observation.AnsweredBy} answered)",
            { Error: { } error } => $" ({error})",
            _ => "",
        };
        return $"{entry.From.Name} -> {entry.To.Name} {entry.Port}: expected {Words.Action(entry.Verdict.Verdict)} " +
            $"(egress {entry.Verdict.Egress}; ingress {entry.Verdict.Ingress}), observed {Observed(observation)}{detail}";
    }

    public static void WriteTable(IAnsiConsole console, LabPlan plan, ReachabilityMatrix reached)
    {
        var (matrix, entries) = (plan.Matrix, plan.Entries);
        var wrong = entries.Zip(reached.Observations).Where(p => !p.Second.Agrees).ToDictionary(p => p.First, p => p.Second);
        foreach (var port in matrix.Ports)
        {
            MatrixTable.WriteGrids(
                console,
                matrix,
                port,
                entry => entry is not null && wrong.ContainsKey(entry) ? Disagrees : Cell.Of(entry),
                entry => wrong.ContainsKey(entry) ? "bold yellow" : MatrixTable.Style(entry));
        }
        console.WriteLine(wrong.Count == 0 ? Cell.Legend : $"{Cell.Legend}   {Disagrees} not what the policies say");
        foreach (var (entry, observation) in wrong)
            console.Markup($"[yellow]{Markup.Escape(Disagreement(entry, observation))}[/]\n");
        var passed = reached.Observations.Count(o => o.Allowed == true);
        var summary = $"{entries.Count} connections tried: {passed} passed, {entries.Count - passed} did not";
        console.Markup(wrong.Count == 0
            ? $"{summary}; [green]every one as the policies say[/]\n"
            : $"{summary}; [bold yellow]{wrong.Count} not as the policies say[/]\n");
    }
}
