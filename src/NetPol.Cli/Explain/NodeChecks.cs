using Grpc.Core;
using NetPol.Cli.Clusters;
using NetPol.Cli.Infrastructure;
using NetPol.Compiler.Analysis.Explain;
using NetPol.Model;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;
using NetPol.Protocol;
using NetPol.Protocol.Conversion;
using NetPol.Protocol.Inspections;
using Spectre.Console;

namespace NetPol.Cli.Explain;

/// <summary>Asks the nodes that judge a connection.</summary>
internal static class NodeChecks
{
    /// <summary>One for each node that judges; where none can be asked each says why.</summary>
    public static async Task<IReadOnlyList<NodeCheck>> AskAsync(ClusterAccess access, string place, Explanation explanation, CancellationToken cancel)
    {
        var plan = NodeCheck.Plan(explanation).ToList();
        if (plan.Count == 0)
            return [];
        using var api = access.Open();
        var deployment = new NetPolDeployment(api, place);
        IReadOnlyDictionary<string, ControllerChannel> channels;
        string token;
        try
        {
            token = await access.AskAsync(() => deployment.TokenAsync(cancel));
            channels = await access.AskAsync(() => deployment.ChannelsAsync(cancel));
        }
        catch (CommandException refusal)
        {
            return plan.ConvertAll(p => new NodeCheck(p.Node, p.Meant, null, refusal.Message));
        }
        try
        {
            var checks = new List<NodeCheck>();
            foreach (var (node, meant) in plan)
                checks.Add(await AskAsync(channels.Values, token, node, meant, explanation, cancel));
            return checks;
        }
        finally
        {
            foreach (var channel in channels.Values)
                channel.Dispose();
        }
    }

    /// <summary>The node's agent follows one of the controllers; nobody knows which.</summary>
    private static async Task<NodeCheck> AskAsync(
        IEnumerable<ControllerChannel> controllers, string token, string node, ValueArray<Decision> meant, Explanation explanation, CancellationToken cancel)
    {
        var question = InspectionConversion.Write(node, explanation.Connection, explanation.Egress.PolicyScope == PolicyScope.ToOwnNode);
        var failure = "no controller is followed by its agent";
        foreach (var controller in controllers)
        {
            try
            {
                return new(node, meant, await controller.AskAsync(token, question, cancel), null);
            }
            catch (RpcException error) when (error.StatusCode == StatusCode.NotFound)
            {
                failure = error.Status.Detail;
            }
            catch (RpcException error)
            {
                failure = $"{error.StatusCode}: {ControllerChannel.Describe(error)}";
            }
            catch (ProtocolException error)
            {
                failure = error.Message;
            }
        }
        return new(node, meant, null, failure);
    }
}

/// <summary>What a node does with a connection, beside what the policies say.</summary>
/// <param name="Node">The node.</param>
/// <param name="Expected">The decisions that should be met there, in order; without those by default, which a node may leave out.</param>
/// <param name="Found">What the node says; null when it said nothing.</param>
/// <param name="Error">Why it said nothing; null when it did.</param>
internal sealed record NodeCheck(string Node, ValueArray<Decision> Expected, Inspection? Found, string? Error)
{
    /// <summary>Whether the programmed rules decide as the policies mean it; null when the node said nothing.</summary>
    public bool? Agrees => Found is null
        ? null
        : Found.Counts.Select(c => c.Decision).Where(d => d is null || !IsByDefault(d.Value)).SequenceEqual(Expected.Select(d => (DecisionId?)d.Id));

    /// <summary>The nodes that judge a connection, the source's first, and what each should decide.</summary>
    public static IEnumerable<(string Node, ValueArray<Decision> Meant)> Plan(Explanation explanation)
    {
        var (egress, ingress) = (explanation.Egress, explanation.Ingress);
        if (IsEvaluated(egress))
        {
            var both = egress.Decision.Verdict == Verdict.Allow && IsEvaluated(ingress) && string.Equals(ingress.Node, egress.Node, StringComparison.Ordinal);
            yield return (egress.Node!, WithoutDefaults(both ? [egress.Decision, ingress.Decision] : [egress.Decision]));
            if (both)
                yield break;
        }
        // What the source's node drops never comes to the destination's; that one is asked all the same what it would do.
        if (IsEvaluated(ingress) && !(IsEvaluated(egress) && string.Equals(ingress.Node, egress.Node, StringComparison.Ordinal)))
            yield return (ingress.Node!, WithoutDefaults([ingress.Decision]));
    }

    /// <summary>Whether the decision is the one by default, in either direction.</summary>
    public static bool IsByDefault(DecisionId id) => id == Decision.ByDefault(Direction.Egress).Id || id == Decision.ByDefault(Direction.Ingress).Id;

    private static bool IsEvaluated(SideExplanation side) => side.PolicyScope is PolicyScope.AllTiers or PolicyScope.SelfThroughService or PolicyScope.ToOwnNode;

    private static ValueArray<Decision> WithoutDefaults(IEnumerable<Decision> decisions) => decisions.Where(d => !IsByDefault(d.Id)).ToValueArray();
}

/// <summary>What a node does with the connection.</summary>
/// <param name="Node">The node's name.</param>
/// <param name="Agrees">Whether the programmed rules decide as the policies do; null when the node did not answer.</param>
/// <param name="Error">Why the node did not answer; null when it did.</param>
/// <param name="Expected">The ids of the expected decisions.</param>
/// <param name="Counts">The decisions that the node finds, with their counters.</param>
/// <param name="Steps">The rules that the node evaluates, in order.</param>
internal sealed record NodeCheckJson(
    string Node, bool? Agrees, string? Error, IReadOnlyList<string> Expected, IReadOnlyList<DecisionCountJson> Counts, IReadOnlyList<string> Steps)
{
    public static NodeCheckJson Create(NodeCheck check) => new(
        check.Node,
        check.Agrees,
        check.Error,
        [.. check.Expected.Select(d => d.Id.ToString())],
        [.. check.Found?.Counts.Select(c => new DecisionCountJson(c.Decision?.ToString(), c.Text, c.Connections, c.Bytes)) ?? []],
        [.. check.Found?.Steps ?? []]);
}

/// <summary>A decision that a node finds.</summary>
/// <param name="Decision">Its id; null when the node does not know it.</param>
/// <param name="Text">The decision in words.</param>
/// <param name="Connections">The counted connections.</param>
/// <param name="Bytes">The counted bytes.</param>
internal sealed record DecisionCountJson(string? Decision, string Text, ulong Connections, ulong Bytes);

/// <summary>What nodes do, for reading.</summary>
internal static class NodeCheckText
{
    public static void Write(IAnsiConsole console, IEnumerable<NodeCheck> checks)
    {
        foreach (var check in checks)
        {
            Line(console, "");
            if (check.Found is not { } found)
            {
                Line(console, $"[yellow]node {Markup.Escape(check.Node)} was not asked:[/] {Markup.Escape(check.Error ?? "")}");
                continue;
            }
            Line(console, check.Agrees == true
                ? $"node {Markup.Escape(check.Node)}: [green]the programmed rules agree[/]"
                : $"node {Markup.Escape(check.Node)}: [red]the programmed rules do not agree[/]");
            foreach (var count in found.Counts)
                Line(console, $"  {Markup.Escape(count.Decision is null ? "held: the node does not know a pod of this address yet" : count.Text)}: counted {count.Connections} connections, {count.Bytes} bytes");
            if (found.Counts.IsEmpty)
                Line(console, "  nothing judges it there: allowed by default");
            if (check.Agrees == true)
                continue;
            Line(console, $"  meant: {Markup.Escape(check.Expected.IsEmpty ? "allow by default" : string.Join("; ", check.Expected))}");
            foreach (var step in found.Steps)
                Line(console, $"    [dim]{Markup.Escape(step)}[/]");
        }
    }

    private static void Line(IAnsiConsole console, string markup) => console.Markup($"{markup}\n");
}
