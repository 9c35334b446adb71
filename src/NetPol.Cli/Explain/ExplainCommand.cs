using System.CommandLine;
using NetPol.Cli.CommandLine;
using NetPol.Cli.Connections;
using NetPol.Cli.Infrastructure;
using NetPol.Cli.Input;
using NetPol.Cli.Services;
using NetPol.Compiler.Analysis.Explain;
using NetPol.Kubernetes.Manifests;
using NetPol.Model.Cluster;
using NetPol.Model.Net;

namespace NetPol.Cli.Explain;

/// <summary><c>netpol explain</c>: explains why a connection is allowed or denied.</summary>
internal static class ExplainCommand
{
    private const string Examples = """
        netpol explain -f policy-samples/three-tier --from shop/web-1 --to data/db-0 --port 5432/TCP
        netpol explain --context production --from shop/web-1 --to svc/data/db --port sql
        """;

    public static NetPolCommand Create(GlobalOptions global)
    {
        var options = new InputOptions(global);
        var from = EndpointOption("--from", "Source: a pod (NAMESPACE/NAME), or an IP address.", options);
        var to = EndpointOption("--to", "Destination: a pod, an IP address, or a Service (svc/NAMESPACE/NAME).", options);
        to.HelpName = "POD|IP|SERVICE";
        var port = new Option<string>("--port", "-p")
        {
            Description = "Port: 5432/TCP, 53/UDP or ICMP; for a Service its port or port name.",
            HelpName = "PORT",
            Required = true,
        };
        var place = GlobalOptions.NetPolNamespace();
        var output = SharedOptions.Output(OutputFormat.Text, OutputFormat.Json, OutputFormat.Yaml);
        var command = new NetPolCommand("explain", "Explain why a connection is allowed or denied, and how to allow it.")
        {
            Remarks = $"{InputOptions.Remarks}\nOn a cluster, it also asks the nodes for their rules. Exit code 1: a node decides differently.",
            Examples = Examples,
        };
        command.Add(from);
        command.Add(to);
        command.Add(port);
        command.Add(output);
        command.Add(place);
        options.AddTo(command);
        command.SetAction(async (result, cancel) =>
        {
            var read = options.Read(result);
            var loaded = await read.ReadAsync(cancel);
            var cluster = ClusterLoader.Complete(loaded);
            // A live cluster may have no pods or policies; files without them are a mistake.
            if (read.Cluster is null)
                InputRequirements.Require(cluster, "there is nothing to explain");
            var source = EndpointFinder.Find(cluster, from.Name, EndpointFinder.Qualified(cluster, result.GetRequiredValue(from), read.Manifests));
            var goal = EndpointFinder.Qualified(cluster, result.GetRequiredValue(to), read.Manifests);
            var (explainer, format) = (new Explainer(cluster), result.GetRequiredValue(output));
            // Files on top of a cluster are not programmed on any node.
            var ask = async Task<IReadOnlyList<NodeCheck>?> (Explanation explanation) =>
                read is { Cluster: { } access, Manifests.IsEmpty: true } ? await NodeChecks.AskAsync(access, result.GetRequiredValue(place), explanation, cancel) : null;
            if (await EntryAsync(goal, result.GetRequiredValue(port), source, loaded, cluster, read, cancel) is { } entry)
            {
                var targets = ServiceTarget.ReachableFrom(source, await ServiceTargets.ReadAsync(entry, loaded, cluster, read, cancel));
                var answers = new List<ServiceAnswer>();
                foreach (var answer in ServiceAnswer.Group(targets, t => Explain(explainer, [.. EvaluatedRoute.Through(entry, source, t)])))
                    answers.Add(entry.Node is null ? answer with { Checks = await ask(answer.Explanation) } : answer);
                Write(entry, source, answers, cluster, format);
                return Code(answers.SelectMany(a => a.Checks ?? []));
            }
            var destination = EndpointFinder.Find(cluster, to.Name, goal);
            var asked = Port(result.GetRequiredValue(port));
            var routes = EvaluatedRoute.Between(source, destination, asked).ToList();
            if (routes.Count == 0)
                throw new CommandException($"{source.Name} and {destination.Name} have no address family in common: there is no connection between them");
            var explanation = Explain(explainer, routes);
            var checks = await ask(explanation);
            var hint = destination.Pod is { } pod && !pod.Ports.Any(p => p.Protocol == asked.Protocol && p.Number == asked.Number)
                ? (await ServiceEntries.ReadAsync(loaded, cluster, read, cancel)).HintFor(pod, asked)
                : null;
            Write(explanation, source, destination, checks, hint, format);
            return Code(checks ?? []);
        });
        return command;
    }

    private static Option<string> EndpointOption(string name, string description, InputOptions options)
    {
        var option = new Option<string>(name) { Description = description, HelpName = "POD|IP", Required = true };
        option.CompletionSources.Add(completion => NameCompletion.Pods(() => options.Read(completion.ParseResult)));
        return option;
    }

    private static int Code(IEnumerable<NodeCheck> checks) => checks.Any(c => c.Agrees == false) ? ExitCode.Found : ExitCode.Success;

    private static DestinationPort Port(string text) =>
        DestinationPort.TryParse(text, out var port) ? port : throw new CommandException($"--port {text}: write {DestinationPort.Syntax}");

    /// <summary>Returns the Service entry that the destination names; null when it names a pod or another address.</summary>
    private static async Task<ServiceEntry?> EntryAsync(
        string to, string port, Endpoint source, LoadedManifests loaded, ClusterSnapshot cluster, ClusterSource read, CancellationToken cancel)
    {
        if (ServiceName.Parse(to) is { } name)
            return new(await ServiceFinder.FindAsync(name, loaded, read, cancel), port);
        var isAddress = IpAddress.TryParse(to, out var address);
        if (!isAddress && source.Pod is not null)
            return null;
        var entries = await ServiceEntries.ReadAsync(loaded, cluster, read, cancel);
        entries.RefuseAsSource(source);
        return isAddress ? entries.Find(address, port) : null;
    }

    /// <summary>Explains the first route and lists the other routes with a different verdict.</summary>
    private static Explanation Explain(Explainer explainer, List<EvaluatedRoute> routes)
    {
        var explanation = Explain(explainer, routes[0]);
        foreach (var other in routes.Skip(1))
        {
            var verdict = Explain(explainer, other).Verdict.Verdict;
            if (verdict != explanation.Verdict.Verdict)
                Console.Error.WriteLine($"note: between {other.AtSource.Source} and {other.AtDestination.Destination} the verdict is {Describe.Action(verdict)}: ask for these addresses to see why");
        }
        return explanation;
    }

    private static Explanation Explain(Explainer explainer, EvaluatedRoute route)
    {
        var arriving = explainer.Explain(route.AtDestination);
        return route.AtSource == route.AtDestination ? arriving : arriving with { Egress = explainer.Explain(route.AtSource).Egress };
    }

    private static void Write(Explanation explanation, Endpoint from, Endpoint to, IReadOnlyList<NodeCheck>? checks, string? hint, OutputFormat format)
    {
        if (format == OutputFormat.Text)
        {
            ExplanationText.Write(Terminal.Out(), explanation, from, to, hint);
            NodeCheckText.Write(Terminal.Out(), checks ?? []);
        }
        else
        {
            DocumentWriter.Write(format, ExplanationDocument.Create(explanation, from, to, checks, hint));
        }
    }

    private static void Write(ServiceEntry entry, Endpoint from, IReadOnlyList<ServiceAnswer> answers, ClusterSnapshot cluster, OutputFormat format)
    {
        if (format == OutputFormat.Text)
            ServiceText.Write(Terminal.Out(), entry, from, answers, cluster);
        else
            DocumentWriter.Write(format, ServiceExplanationDocument.Create(entry, from, answers));
    }
}
