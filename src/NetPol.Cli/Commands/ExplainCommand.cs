using System.CommandLine;
using NetPol.Cli.CommandLine;
using NetPol.Cli.Explaining;
using NetPol.Cli.Inputs;
using NetPol.Cli.Inspecting;
using NetPol.Cli.Matrices;
using NetPol.Cli.Output;
using NetPol.Cli.Services;
using NetPol.Compiler;
using NetPol.Compiler.Explaining;
using NetPol.Kubernetes.Services;
using NetPol.Model.Rules;

namespace NetPol.Cli.Commands;

/// <summary><c>netpol explain</c>: why one connection is allowed or denied.</summary>
internal static class ExplainCommand
{
    private const string Examples = """
        netpol explain -f policy-samples/three-tier --from shop/web-1 --to data/db-0 --port 5432/TCP
        netpol explain -f policy-samples/three-tier --from shop/api-1 --to 169.254.169.254 --port 80/TCP -o json
        netpol explain --context production --from shop/web-1 --to data/db-0 --port 5432/TCP
        netpol explain --context production --from shop/web-1 --to svc/data/db --port sql
        """;

    public static (Command Command, string Examples) Create()
    {
        var options = new WorldOptions();
        var from = End("--from", "Who connects: namespace/pod or an IP address.");
        var to = End("--to", "To whom: namespace/pod, an IP address, or svc/namespace/name: a Service, which is followed to its pods, or to the endpoints that are written for it.");
        to.HelpName = "POD|IP|SERVICE";
        var port = new Option<string>("--port", "-p")
        {
            Description = "The destination port: 5432/TCP, 53/UDP, 7777/SCTP or ICMP; of a Service its port, by number or name.",
            HelpName = "PORT/PROTOCOL",
            Required = true,
        };
        var place = ClusterOptions.Namespace("--netpol-namespace");
        var output = SharedOptions.Output(OutputFormat.Text, OutputFormat.Json);
        var command = new Command("explain", "Say why one connection is allowed or denied: for each side and tier, which rule decided, what it beat, and what must change for a denied one to be allowed. Of a cluster without files its nodes are asked too whether the rules that are programmed there agree, which needs the right to make tokens for the service account netpol-observer; exit code 1 if they do not.")
        {
            from, to, port, place, output,
        };
        options.AddTo(command);
        command.SetAction(async (result, cancel) =>
        {
            var read = options.Read(result);
            var loaded = await read.ReadAsync(cancel);
            var world = WorldLoader.Complete(loaded);
            // A cluster without pods or policies is a fact; such files are a mistake.
            if (read.Cluster is null)
                Comparable.Require(world, "there is nothing to explain");
            var source = EndpointFinder.Find(world, from.Name, result.GetRequiredValue(from));
            var (explainer, format) = (new Explainer(world), result.GetRequiredValue(output));
            // Files on top of a cluster are not programmed anywhere.
            var ask = async Task<IReadOnlyList<NodeCheck>?> (Explanation explanation) =>
                read is { Cluster: { } cluster, Files: [] } ? await NodeChecks.AskAsync(cluster, result.GetRequiredValue(place), explanation, cancel) : null;
            if (ServiceName.Of(result.GetRequiredValue(to)) is { } name)
            {
                var service = await ServiceFinder.FindAsync(name, loaded, read, cancel);
                var targets = service.Pods is { } selector
                    ? SelectedTargets.Of(service, selector, result.GetRequiredValue(port), world)
                    : WrittenTargets.Of(service, result.GetRequiredValue(port), await ServiceFinder.EndpointsAsync(name, loaded, read, cancel), new(loaded.Snapshot, world));
                var answers = new List<ServiceAnswer>();
                foreach (var answer in ServiceAnswer.Group(ServiceTarget.From(source, targets), t => Explain(explainer, source, t.Endpoint, t.Port)))
                    answers.Add(answer with { Checks = await ask(answer.Explanation) });
                Write(service, result.GetRequiredValue(port), source, answers, format);
                return Code(answers.SelectMany(a => a.Checks ?? []));
            }
            var destination = EndpointFinder.Find(world, to.Name, result.GetRequiredValue(to));
            var explanation = Explain(explainer, source, destination, Port(result.GetRequiredValue(port)));
            var checks = await ask(explanation);
            Write(explanation, source, destination, checks, format);
            return Code(checks ?? []);
        });
        return (command, Examples);
    }

    private static Option<string> End(string name, string description) => new(name) { Description = description, HelpName = "POD|IP", Required = true };

    private static int Code(IEnumerable<NodeCheck> checks) => checks.Any(c => c.Agrees == false) ? ExitCode.Failure : ExitCode.Success;

    private static ProbePort Port(string text) =>
        ProbePort.TryParse(text, out var port) ? port : throw new CommandException($"--port {text}: write {ProbePort.Syntax}");

    private static Explanation Explain(Explainer explainer, Endpoint from, Endpoint to, ProbePort port)
    {
        var (source, destination) = Endpoint.Route(from, to)
            ?? throw new CommandException($"{from.Name} and {to.Name} have no address family in common: there is no connection between them");
        var explanation = explainer.Explain(new Connection(source, destination, port.In(destination.Family), port.Number));
        foreach (var other in to.Addresses.Where(a => a.Family != destination.Family))
        {
            var otherSource = from.Addresses.FirstOrDefault(a => a.Family == other.Family, source);
            if (otherSource.Family != other.Family)
                continue;
            var verdict = explainer.Explain(new Connection(otherSource, other, port.In(other.Family), port.Number)).Verdict.Verdict;
            if (verdict != explanation.Verdict.Verdict)
                Console.Error.WriteLine($"note: between {otherSource} and {other} the verdict is {MatrixJson.Word(verdict)}: ask for these addresses to see why");
        }
        return explanation;
    }

    private static void Write(Explanation explanation, Endpoint from, Endpoint to, IReadOnlyList<NodeCheck>? checks, string format)
    {
        if (format is OutputFormat.Json)
        {
            using var stdout = Console.OpenStandardOutput();
            Json.Write(stdout, json => ExplanationJson.Write(json, explanation, from, to, checks));
        }
        else
        {
            ExplanationText.Write(Screen.Out(), explanation, from, to);
            NodeCheckText.Write(Screen.Out(), checks ?? []);
        }
    }

    private static void Write(Service service, string port, Endpoint from, IReadOnlyList<ServiceAnswer> answers, string format)
    {
        if (format is OutputFormat.Json)
        {
            using var stdout = Console.OpenStandardOutput();
            Json.Write(stdout, json => ServiceJson.Write(json, service, port, from, answers));
        }
        else
        {
            ServiceText.Write(Screen.Out(), service, port, from, answers);
        }
    }
}
