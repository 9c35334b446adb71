using NetPol.Cli.Explaining;
using NetPol.Cli.Inspecting;
using NetPol.Cli.Matrices;
using NetPol.Kubernetes.Services;
using NetPol.Model.Rules;
using Spectre.Console;

namespace NetPol.Cli.Services;

/// <summary>What becomes of connections to a Service, for reading: each answer in a line, then each explained.</summary>
internal static class ServiceText
{
    public static void Write(IAnsiConsole console, Service service, string port, Endpoint from, IReadOnlyList<ServiceAnswer> answers)
    {
        var end = service.Pods is null ? "endpoint" : "pod";
        Line(console, $"[bold]{Markup.Escape($"{from.Name} -> Service {service.Id} {port}")}[/]");
        Line(console, service.IsHeadless
            ? $"  headless: clients are told the {end}s' addresses, and connect to these"
            : $"  the address of the Service{Markup.Escape(service.Addresses.IsEmpty ? "" : $" ({string.Join(", ", service.Addresses)})")} is not judged: policies see the {end} that a connection is sent on to");
        foreach (var answer in answers)
        {
            var verdict = answer.Explanation.Verdict;
            var colour = verdict.Verdict == Verdict.Allow ? "green" : "red";
            Line(console, $"  {Markup.Escape($"{string.Join(", ", answer.Endpoints.Select(p => p.Name))} on {answer.Port}")}: [{colour}]{Words.Verdict(verdict.Verdict)}[/] {Markup.Escape($"(egress {verdict.Egress.Plain}; ingress {verdict.Ingress.Plain})")}");
        }
        foreach (var answer in answers)
        {
            Line(console, "");
            ExplanationText.Write(console, answer.Explanation, from, answer.Endpoints[0]);
            NodeCheckText.Write(console, answer.Checks ?? []);
        }
    }

    private static void Line(IAnsiConsole console, string markup) => console.Markup($"{markup}\n");
}
