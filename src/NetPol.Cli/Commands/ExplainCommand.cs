using System.CommandLine;
using NetPol.Cli.CommandLine;
using NetPol.Cli.Explaining;
using NetPol.Cli.Inputs;
using NetPol.Cli.Inspecting;
using NetPol.Cli.Matrices;
using NetPol.Cli.Output;
using NetPol.Compiler;
using NetPol.Compiler.Explaining;
using NetPol.Model.Rules;

namespace NetPol.Cli.Commands;

/// <summary><c>netpol explain</c>: why one connection is allowed or denied.</summary>
internal static class ExplainCommand
{
    private const string Examples = """
        netpol explain -f policy-samples/three-tier --from shop/web-1 --to data/db-0 --port 5432/TCP
        netpol explain -f policy-samples/three-tier --from shop/api-1 --to 169.254.169.254 --port 80/TCP -o json
        netpol explain --context production --from shop/web-1 --to data/db-0 --port 5432/TCP
        """;

    public static (Command Command, string Examples) Create()
    {
        var options = new WorldOptions();
        var from = End("--from", "Who connects: namespace/pod or an IP address.");
        var to = End("--to", "To whom: namespace/pod or an IP address.");
        var port = SharedOptions.Ports("The destination port: 5432/TCP, 53/UDP, 7777/SCTP or ICMP.");
        port.Required = true;
        port.Arity = ArgumentArity.ExactlyOne;
        var place = ClusterOptions.Namespace("--netpol-namespace");
        var output = SharedOptions.Output(OutputFormat.Text, OutputFormat.Json);
        var command = new Command("explain", "Say why one connection is allowed or denied: for each side and tier, which rule decided and what it beat. Of a cluster without files its nodes are asked too whether the rules that are programmed there agree, which needs the right to make tokens for the service account netpol-observer; exit code 1 if they do not.")
        {
            from, to, port, place, output,
        };
        options.AddTo(command);
        command.SetAction(async (result, cancel) =>
        {
            var read = options.Read(result);
            var world = await read.LoadAsync(cancel);
            var source = EndpointFinder.Find(world, from.Name, result.GetRequiredValue(from));
            var destination = EndpointFinder.Find(world, to.Name, result.GetRequiredValue(to));
            var explanation = Explain(new(world), source, destination, result.GetRequiredValue(port)[0]);
            // Files on top of a cluster are not programmed anywhere.
            var checks = read is { Cluster: { } cluster, Files: [] } ? await NodeChecks.AskAsync(cluster, result.GetRequiredValue(place), explanation, cancel) : null;
            Write(explanation, source, destination, checks, result.GetRequiredValue(output));
            return checks?.Any(c => c.Agrees == false) == true ? ExitCode.Failure : ExitCode.Success;
        });
        return (command, Examples);
    }

    private static Option<string> End(string name, string description) => new(name) { Description = description, HelpName = "POD|IP", Required = true };

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
}
