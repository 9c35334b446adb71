using NetPol.Cli.Connections;
using NetPol.Cli.Services;
using NetPol.Compiler.Analysis.Explain;
using NetPol.Kubernetes.Objects;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.RuleSets;
using Spectre.Console;

namespace NetPol.Cli.Explain;

/// <summary>Prints the verdicts of connections to a Service: one line for each group of endpoints, then an explanation for each.</summary>
internal static class ServiceText
{
    public static void Write(IAnsiConsole console, ServiceEntry entry, Endpoint from, IReadOnlyList<ServiceAnswer> answers, ClusterSnapshot cluster)
    {
        var service = entry.Service;
        var end = service.Pods is null ? "endpoint" : "pod";
        Line(console, $"[bold]{Markup.Escape($"{from.Name} -> {entry}")}[/]");
        Line(console, service.IsHeadless
            ? $"  headless: clients look up the addresses of the {end}s, and connect to them"
            : $"  policies do not see the address of the Service{Markup.Escape(Addresses(service))}: they see the {end} that receives the connection");
        foreach (var line in SeenSource(entry))
            Line(console, $"  {Markup.Escape(line)}");
        foreach (var answer in answers)
        {
            var verdict = answer.Explanation.Verdict;
            var color = verdict.Verdict == Verdict.Allow ? "green" : "red";
            Line(console, $"  {Markup.Escape($"{string.Join(", ", answer.Endpoints.Select(p => p.Name))} on {answer.Port}")}: [{color}]{Describe.Verdict(verdict.Verdict)}[/] {Markup.Escape($"(egress {verdict.Egress.Plain}; ingress {verdict.Ingress.Plain})")}");
        }
        foreach (var hint in answers.SelectMany(a => ServiceHints.For(entry, a.Explanation, cluster)).Distinct(StringComparer.Ordinal))
            Line(console, $"  [yellow]{Markup.Escape(hint)}[/]");
        foreach (var answer in answers)
        {
            Line(console, "");
            ExplanationText.Write(console, answer.Explanation, from, answer.Endpoints[0]);
            NodeCheckText.Write(console, answer.Checks ?? []);
        }
    }

    private static string Addresses(Service service) =>
        service.Addresses.Concat(service.ExternalAddresses).ToList() is { Count: > 0 } all ? $" ({string.Join(", ", all)})" : "";

    /// <summary>Returns notes on the source address that the endpoints see, when it may differ from the client's.</summary>
    private static IEnumerable<string> SeenSource(ServiceEntry entry)
    {
        if (entry.Service.IsExternalTrafficLocal || !entry.IsExternal)
            yield break;
        yield return entry.Node is { } node
            ? $"an endpoint on another node sees the address of {node.Name} as the source, since externalTrafficPolicy is Cluster"
            : "an endpoint sees the address of another node as the source when that node receives the connection, since externalTrafficPolicy is Cluster";
    }

    private static void Line(IAnsiConsole console, string markup) => console.Markup($"{markup}\n");
}

/// <summary>Endpoints of a Service whose connections the same rules decide.</summary>
/// <param name="Port">The port of the endpoints.</param>
/// <param name="Endpoints">At least one endpoint: pods by id, then addresses that no pod has.</param>
/// <param name="Explanation">The explanation for the first endpoint.</param>
internal sealed record ServiceAnswer(DestinationPort Port, ValueArray<Endpoint> Endpoints, Explanation Explanation)
{
    /// <summary>The nodes' answers for the first endpoint; null when no node was asked.</summary>
    public IReadOnlyList<NodeCheck>? Checks { get; init; }

    /// <summary>Groups endpoints with the same port for which the same rules decide in the same way.</summary>
    public static IReadOnlyList<ServiceAnswer> Group(IEnumerable<ServiceTarget> targets, Func<ServiceTarget, Explanation> explain) =>
        [.. targets.Select(t => (Target: t, Explanation: explain(t)))
            .GroupBy(t => (t.Target.Port, Side(t.Explanation.Egress), Side(t.Explanation.Ingress)))
            .Select(g => new ServiceAnswer(g.Key.Port, g.Select(t => t.Target.Endpoint).ToValueArray(), g.First().Explanation))];

    private static (PolicyScope Evaluation, Decision Decision) Side(SideExplanation side) => (side.PolicyScope, side.Decision.Plain);
}
