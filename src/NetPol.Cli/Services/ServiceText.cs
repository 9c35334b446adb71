using NetPol.Cli.Explaining;
using NetPol.Cli.Inspecting;
using NetPol.Cli.Matrices;
using NetPol.Kubernetes.Services;
using NetPol.Model.Cluster;
using NetPol.Model.Rules;
using Spectre.Console;

namespace NetPol.Cli.Services;

/// <summary>What becomes of connections to a Service, for reading: each answer in a line, then each explained.</summary>
internal static class ServiceText
{
    public static void Write(IAnsiConsole console, ServiceEntry entry, Endpoint from, IReadOnlyList<ServiceAnswer> answers, ClusterSnapshot world)
    {
        var service = entry.Service;
        var end = service.Pods is null ? "endpoint" : "pod";
        Line(console, $"[bold]{Markup.Escape($"{from.Name} -> {entry}")}[/]");
        Line(console, service.IsHeadless
            ? $"  headless: clients are told the {end}s' addresses, and connect to these"
            : $"  the address of the Service{Markup.Escape(Addresses(service))} is not judged: policies see the {end} that a connection is sent on to");
        foreach (var line in SeenSource(entry))
            Line(console, $"  {Markup.Escape(line)}");
        foreach (var answer in answers)
        {
            var verdict = answer.Explanation.Verdict;
            var colour = verdict.Verdict == Verdict.Allow ? "green" : "red";
            Line(console, $"  {Markup.Escape($"{string.Join(", ", answer.Endpoints.Select(p => p.Name))} on {answer.Port}")}: [{colour}]{Words.Verdict(verdict.Verdict)}[/] {Markup.Escape($"(egress {verdict.Egress.Plain}; ingress {verdict.Ingress.Plain})")}");
        }
        foreach (var hint in answers.SelectMany(a => ServiceHints.For(entry, a.Explanation, world)).Distinct(StringComparer.Ordinal))
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

    /// <summary>Says which source the endpoints see where it may not be the client's address.</summary>
    private static IEnumerable<string> SeenSource(ServiceEntry entry)
    {
        if (entry.Service.IsLocal || !entry.IsExternal)
            yield break;
        yield return entry.Node is { } node
            ? $"an endpoint on another node sees the address of {node.Name} as the source, since externalTrafficPolicy is Cluster"
            : "an endpoint sees the address of another node as the source where that node takes the connection, since externalTrafficPolicy is Cluster";
    }

    private static void Line(IAnsiConsole console, string markup) => console.Markup($"{markup}\n");
}
