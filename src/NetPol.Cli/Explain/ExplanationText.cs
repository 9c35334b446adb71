using NetPol.Cli.Connections;
using NetPol.Cli.Matrix;
using NetPol.Compiler.Analysis.Explain;
using NetPol.Model.Net;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;
using Spectre.Console;

namespace NetPol.Cli.Explain;

/// <summary>Prints an explanation, from the verdict down to the single rule.</summary>
internal static class ExplanationText
{
    // Up to this many rules that do not match are shown; more are only counted.
    private const int IdleRulesShown = 10;

    public static void Write(IAnsiConsole console, Explanation explanation, Endpoint from, Endpoint to, string? hint = null)
    {
        var connection = explanation.Connection;
        var port = connection.Protocol.HasPorts() ? $"{connection.Port}/{connection.Protocol.Name()}" : connection.Protocol.Name();
        var verdict = explanation.Verdict.Verdict;
        Line(console, $"[bold]{Escape(Named(from, connection.Source))} -> {Escape(Named(to, connection.Destination))} {port}: {Colored(verdict, Describe.Verdict(verdict))}[/]");
        WriteSide(console, $"egress of {from.Name}", explanation.Egress, from, to);
        WriteSide(console, $"ingress of {to.Name}", explanation.Ingress, to, from);
        if (hint is null)
        {
            RemedyText.Write(console, explanation, from, to);
            return;
        }
        Line(console, "");
        Line(console, $"[yellow]{Escape(hint)}[/]");
    }

    private static void WriteSide(IAnsiConsole console, string title, SideExplanation side, Endpoint subject, Endpoint peer)
    {
        Line(console, "");
        Line(console, $"{Escape(title)}: {Colored(side.Decision.Verdict, Decided(side.Decision))}");
        if (Describe.WhyNotEvaluated(side.PolicyScope, subject.Pod) is { } reason)
            Line(console, $"  {Escape(reason)}");
        if (!side.Tiers.IsEmpty && Describe.WhyNoPeerSelector(peer.Pod) is { } why)
            Line(console, $"  {Escape(why)}");
        foreach (var tier in side.Tiers)
            WriteTier(console, tier, side.PolicyScope);
        if (!side.OverruledDecisions.IsEmpty)
            Line(console, $"  overruled: {Escape(string.Join("; ", side.OverruledDecisions))}");
        if (side.Audit is { } audit)
            WriteAudit(console, audit, side);
    }

    private static void WriteAudit(IAnsiConsole console, SideExplanation audit, SideExplanation enforced)
    {
        var audited = audit.Tiers.SelectMany(t => t.Policies).Except(enforced.Tiers.SelectMany(t => t.Policies));
        Line(console, $"  audit: with {Escape(string.Join(", ", audited))} enforced: {Colored(audit.Decision.Verdict, Decided(audit.Decision))}");
        foreach (var tier in audit.Tiers.Except(enforced.Tiers))
            WriteTier(console, tier, audit.PolicyScope);
    }

    private static void WriteTier(IAnsiConsole console, TierExplanation tier, PolicyScope evaluation)
    {
        Line(console, $"  {tier.Tier,-13}  {Escape(Describe.Outcome(tier, evaluation))}");
        var idle = tier.Steps.Count(s => s.Role == StepRole.NoMatch);
        foreach (var step in tier.Steps)
        {
            if (step.Role != StepRole.NoMatch || idle <= IdleRulesShown)
                WriteStep(console, step);
        }
        if (idle > IdleRulesShown)
            Line(console, $"    [dim]- and {idle} rules that do not match[/]");
    }

    private static void WriteStep(IAnsiConsole console, RuleStep step)
    {
        var name = Describe.Rule(step);
        var action = Describe.CamelCase(step.Action.ToString());
        var (sign, text) = step.Role switch
        {
            StepRole.Decides => (step.Action == RuleAction.Allow ? MatrixCell.Allowed : "✗", $"{name} decides: {action}"),
            StepRole.Passes => ("»", $"{name} passes the connection to the next tier"),
            StepRole.Overruled => ("~", $"{name} ({action}) matches, but an earlier decision overrules it"),
            _ => ("-", $"{name} ({action}) does not match"),
        };
        var line = $"    {sign} {Escape(text)}";
        Line(console, step.Role switch
        {
            StepRole.Decides => Colored(step.Action == RuleAction.Allow ? Verdict.Allow : Verdict.Deny, line, escape: false),
            StepRole.NoMatch => $"[dim]{line}[/]",
            _ => line,
        });
        foreach (var reason in step.Matches ? [step.Peer, step.Port] : new[] { step.Peer, step.Port }.Where(r => !r.Matches))
            Line(console, $"        [dim]{Escape(reason.Why)}[/]");
    }

    private static string Decided(Decision decision)
    {
        var word = Describe.Verdict(decision.Verdict);
        if (decision.Policy is { } policy)
            return $"{word} by {policy} rule {decision.RuleIndex}{(decision.RuleName is null ? "" : $" \"{decision.RuleName}\"")}";
        return decision.IsolatedBy.IsEmpty ? $"{word} by default" : $"{word} by isolation";
    }

    private static string Named(Endpoint endpoint, IpAddress address) => (endpoint.Pod, endpoint.Addresses.Contains(address)) switch
    {
        (null, true) => endpoint.Name,
        (_, true) => $"{endpoint.Name} ({address})",
        // A node that forwards a connection to a pod on another node replaces the source with its own address.
        _ => $"{endpoint.Name} (seen as {address})",
    };

    private static string Colored(Verdict verdict, string text, bool escape = true) =>
        $"[{(verdict == Verdict.Allow ? "green" : "red")}]{(escape ? Escape(text) : text)}[/]";

    private static string Escape(string text) => Markup.Escape(text);

    // The terminal, not Spectre, must wrap long lines; WriteLine would wrap them.
    private static void Line(IAnsiConsole console, string markup) => console.Markup($"{markup}\n");
}
