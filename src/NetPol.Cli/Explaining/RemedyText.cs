using NetPol.Cli.Matrices;
using NetPol.Compiler.Explaining;
using NetPol.Model;
using NetPol.Model.Policies;
using NetPol.Model.Rules;
using Spectre.Console;

namespace NetPol.Cli.Explaining;

/// <summary>What must change for a denied connection to be allowed, for reading.</summary>
internal static class RemedyText
{
    /// <summary>Nothing for a connection that is allowed.</summary>
    public static void Write(IAnsiConsole console, Explanation explanation, Endpoint from, Endpoint to)
    {
        if (explanation.Verdict.Verdict == Verdict.Allow)
            return;
        var count = explanation.Egress.Remedy.Count + explanation.Ingress.Remedy.Count;
        Line(console, "");
        Line(console, count == 1 ? "[bold]to allow it:[/]" : $"[bold]to allow it, change all {count} together:[/]");
        WriteSide(console, $"egress of {from.Name}", explanation.Egress, explanation.Connection.Protocol);
        WriteSide(console, $"ingress of {to.Name}", explanation.Ingress, explanation.Connection.Protocol);
    }

    private static void WriteSide(IAnsiConsole console, string title, SideExplanation side, Model.Protocol protocol)
    {
        if (side.Remedy.IsEmpty)
            return;
        Line(console, $"  {Markup.Escape(title)}");
        foreach (var change in side.Remedy)
        {
            if (change is RemedyChange.RuleDenies denies)
                WriteDenial(console, denies, side);
            else
                WriteIsolation(console, (RemedyChange.Isolated)change, side, protocol);
        }
    }

    private static void WriteDenial(IAnsiConsole console, RemedyChange.RuleDenies denies, SideExplanation side)
    {
        Line(console, $"    - {Markup.Escape(Words.Rule(denies.Step))}: narrow it or take it away, or put a rule before it that allows");
        if (denies.Tier == Tier.Admin && side.Remedy.Count > 1 && ReferenceEquals(side.Remedy[0], denies))
            Line(console, "        [dim]such a rule decides for this side: nothing else must change here[/]");
        if (denies.Tier == Tier.Baseline && side.Judgement == Judgement.Full)
            Line(console, "        [dim]a NetworkPolicy that allows it decides earlier, but denies the pod everything that no NetworkPolicy allows[/]");
    }

    private static void WriteIsolation(IAnsiConsole console, RemedyChange.Isolated isolated, SideExplanation side, Model.Protocol protocol)
    {
        var names = Markup.Escape(string.Join(", ", isolated.IsolatedBy.Select(p => p.QualifiedName)));
        var direction = side.Direction == Direction.Egress ? "egress" : "ingress";
        Line(console, isolated.IsolatedBy.Count == 1
            ? $"    - NetworkPolicy {names}: add an {direction} rule to it, or to another NetworkPolicy that selects the pod"
            : $"    - NetworkPolicies {names}: add an {direction} rule to any one of them, or to another NetworkPolicy that selects the pod");
        if (!protocol.HasPorts())
            Line(console, $"        [dim]no rule can name {protocol.Name()}: one without ports allows it, and every port[/]");
        foreach (var line in RuleYaml.Lines(isolated.Allowing, side.Direction))
            Line(console, $"        {Markup.Escape(line)}");
    }

    private static void Line(IAnsiConsole console, string markup) => console.Markup($"{markup}\n");
}
