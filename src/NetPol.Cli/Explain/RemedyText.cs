using NetPol.Cli.Connections;
using NetPol.Compiler.Analysis.Explain;
using NetPol.Model;
using NetPol.Model.Net;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;
using Spectre.Console;
using Rule = NetPol.Model.Policies.Rule;

namespace NetPol.Cli.Explain;

/// <summary>Prints the changes that would allow a denied connection.</summary>
internal static class RemedyText
{
    /// <summary>Prints the changes; nothing for an allowed connection.</summary>
    public static void Write(IAnsiConsole console, Explanation explanation, Endpoint from, Endpoint to)
    {
        if (explanation.Verdict.Verdict == Verdict.Allow)
            return;
        var count = explanation.Egress.Remedies.Count + explanation.Ingress.Remedies.Count;
        Line(console, "");
        Line(console, count == 1 ? "[bold]to allow it:[/]" : $"[bold]to allow it, change all {count} together:[/]");
        WriteSide(console, $"egress of {from.Name}", explanation.Egress, explanation.Connection.Protocol);
        WriteSide(console, $"ingress of {to.Name}", explanation.Ingress, explanation.Connection.Protocol);
    }

    private static void WriteSide(IAnsiConsole console, string title, SideExplanation side, NetPol.Model.Net.Protocol protocol)
    {
        if (side.Remedies.IsEmpty)
            return;
        Line(console, $"  {Markup.Escape(title)}");
        foreach (var change in side.Remedies)
        {
            if (change is RemedyChange.RuleDenies denies)
                WriteDenial(console, denies, side);
            else
                WriteIsolation(console, (RemedyChange.Isolated)change, side, protocol);
        }
    }

    private static void WriteDenial(IAnsiConsole console, RemedyChange.RuleDenies denies, SideExplanation side)
    {
        if (denies.Isolation is { } isolation)
        {
            Line(console, $"    - {Markup.Escape(Describe.Rule(denies.Step))}: correct {Markup.Escape(denies.Step.Policy.ToString())}, which NetPol isolated ({Markup.Escape(isolation.Reason)})");
            Line(console, "        [dim]its rules allow nothing until you correct it: add no rule to it[/]");
            return;
        }
        Line(console, $"    - {Markup.Escape(Describe.Rule(denies.Step))}: narrow it, delete it, or add an allow rule before it");
        if (denies.Tier == Tier.Admin && side.Remedies.Count > 1 && ReferenceEquals(side.Remedies[0], denies))
            Line(console, "        [dim]an allow rule before it decides for this side: change nothing else here[/]");
        if (denies.Tier == Tier.Baseline && side.PolicyScope == PolicyScope.AllTiers)
            Line(console, "        [dim]a NetworkPolicy that allows the connection decides earlier, but also denies the pod all connections that no NetworkPolicy allows[/]");
    }

    private static void WriteIsolation(IAnsiConsole console, RemedyChange.Isolated isolated, SideExplanation side, NetPol.Model.Net.Protocol protocol)
    {
        var direction = side.Direction == Direction.Egress ? "egress" : "ingress";
        Line(console, isolated.AddTo is { } place
            ? $"    - NetworkPolicy {Markup.Escape(place.QualifiedName)}: add an {direction} rule to it, or to another NetworkPolicy that selects the pod"
            : $"    - {Markup.Escape(isolated.Subject.Namespace!)}: add a NetworkPolicy that selects the pod, with an {direction} rule");
        foreach (var (policy, isolation) in isolated.Failing)
            Line(console, $"        [dim]do not add it to {Markup.Escape(policy.QualifiedName)}, which NetPol isolated ({Markup.Escape(isolation.Reason)}): its rules allow nothing until you correct it[/]");
        var wider = isolated.IsolatedBy.Where(p => p != isolated.AddTo && !isolated.Failing.Any(f => f.Key == p)).Select(p => p.QualifiedName).ToList();
        if (wider.Count > 0)
            Line(console, $"        [dim]do not add it to {Markup.Escape(string.Join(", ", wider))}: the rule would open {(wider.Count == 1 ? "every pod that it selects" : "every pod that they select")}[/]");
        if (!protocol.HasPorts())
            Line(console, $"        [dim]a rule cannot name {protocol.Name()}: a rule without ports allows it, and all ports[/]");
        var lines = isolated.AddTo is null ? RuleYaml.Policy(isolated, side.Direction) : RuleYaml.Lines(isolated.Allowing, side.Direction);
        foreach (var line in lines)
            Line(console, $"        {Markup.Escape(line)}");
    }

    private static void Line(IAnsiConsole console, string markup) => console.Markup($"{markup}\n");
}

/// <summary>Writes a rule that would allow a connection as NetworkPolicy YAML. Quotes strings, so that YAML reads none as a number.</summary>
internal static class RuleYaml
{
    /// <summary>Returns the lines of an item of the list <c>ingress</c> or <c>egress</c>.</summary>
    public static IEnumerable<string> Lines(Rule rule, Direction direction) =>
    [
        direction == Direction.Ingress ? "- from:" : "- to:",
        .. rule.Peers.SelectMany(Peer),
        .. rule.Ports is { } ports ? ports.Cast<PortMatch.Numbers>().Select(Port).Prepend("  ports:") : [],
    ];

    /// <summary>Returns the lines of a complete NetworkPolicy with the rule.</summary>
    public static IEnumerable<string> Policy(RemedyChange.Isolated isolated, Direction direction)
    {
        var (subject, word) = (isolated.Subject, direction == Direction.Ingress ? "ingress" : "egress");
        return
        [
            "apiVersion: networking.k8s.io/v1",
            "kind: NetworkPolicy",
            $"metadata: {{ name: allow-{word}, namespace: \"{subject.Namespace}\" }}",
            "spec:",
            $"  podSelector: {Selector(subject.Pods)}",
            $"  policyTypes: [{direction}]",
            $"  {word}:",
            .. Lines(isolated.Allowing, direction).Select(line => $"  {line}"),
        ];
    }

    private static string[] Peer(Peer peer)
    {
        if (peer is Model.Policies.Peer.Network network)
            return [$"  - ipBlock: {{ cidr: \"{network.Cidr}\" }}"];
        var selection = ((Peer.Pods)peer).Selection;
        var pods = $"podSelector: {Selector(selection.Pods)}";
        return selection.Namespace is null ? [$"  - namespaceSelector: {Selector(selection.Namespaces)}", $"    {pods}"] : [$"  - {pods}"];
    }

    private static string Port(PortMatch.Numbers port) => $"  - {{ protocol: {port.Protocol.Name()}, port: {port.Range.First} }}";

    private static string Selector(LabelSelector selector) => selector.Requirements.IsEmpty
        ? "{}"
        : $"{{ matchLabels: {{ {string.Join(", ", selector.Requirements.Select(r => $"{r.Key}: \"{r.Values[0]}\""))} }} }}";
}
