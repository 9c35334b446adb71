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

/// <summary>Asks the nodes that evaluate a connection what their programmed rules decide.</summary>
internal static class NodeChecks
{
    /// <summary>Returns one result for each node that evaluates the connection. If no node can be asked, each result says why.</summary>
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
            return plan.ConvertAll(p => new NodeCheck(p.Node, p.Expected, null, refusal.Message));
        }
        try
        {
            var checks = new List<NodeCheck>();
            foreach (var (node, expected) in plan)
                checks.Add(await AskAsync(channels.Values, token, node, expected, explanation, cancel));
            return checks;
        }
        finally
        {
            foreach (var channel in channels.Values)
                channel.Dispose();
        }
    }

    /// <summary>Asks each controller in turn for the node, because the node's agent is connected to one of them, and the caller does not know which.</summary>
    private static async Task<NodeCheck> AskAsync(
        IEnumerable<ControllerChannel> controllers, string token, string node, ValueArray<Decision> expected, Explanation explanation, CancellationToken cancel)
    {
        var question = InspectionConversion.Write(node, explanation.Connection, explanation.Egress.PolicyScope == PolicyScope.ToOwnNode);
        var failure = "its agent is connected to no controller";
        foreach (var controller in controllers)
        {
            try
            {
                return new(node, expected, await controller.AskAsync(token, question, cancel), null);
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
        return new(node, expected, null, failure);
    }
}

/// <summary>What a node decides about a connection, and what the policies decide.</summary>
/// <param name="Node">The node.</param>
/// <param name="Expected">The decisions that the node should find, in order. Default decisions are left out, because a node may omit them.</param>
/// <param name="Found">The node's answer; null when there was none.</param>
/// <param name="Error">Why there was no answer; null when there was one.</param>
internal sealed record NodeCheck(string Node, ValueArray<Decision> Expected, Inspection? Found, string? Error)
{
    /// <summary>Whether the programmed rules decide as the policies do; null when the node did not answer.</summary>
    public bool? Agrees => Found is null
        ? null
        : Found.Counts.Select(c => c.Decision).Where(d => d is null || !IsByDefault(d.Value)).SequenceEqual(Expected.Select(d => (DecisionId?)d.Id));

    /// <summary>Returns the nodes that evaluate a connection, the source's first, and the decisions that each should find.</summary>
    public static IEnumerable<(string Node, ValueArray<Decision> Expected)> Plan(Explanation explanation)
    {
        var (egress, ingress) = (explanation.Egress, explanation.Ingress);
        if (IsEvaluated(egress))
        {
            var both = egress.Decision.Verdict == Verdict.Allow && IsEvaluated(ingress) && string.Equals(ingress.Node, egress.Node, StringComparison.Ordinal);
            yield return (egress.Node!, WithoutDefaults(both ? [egress.Decision, ingress.Decision] : [egress.Decision]));
            if (both)
                yield break;
        }
        // Packets that the source's node drops never reach the destination's node. Ask it anyway what it would decide.
        if (IsEvaluated(ingress) && !(IsEvaluated(egress) && string.Equals(ingress.Node, egress.Node, StringComparison.Ordinal)))
            yield return (ingress.Node!, WithoutDefaults([ingress.Decision]));
    }

    /// <summary>Returns whether a decision is the default, for egress or ingress.</summary>
    public static bool IsByDefault(DecisionId id) => id == Decision.ByDefault(Direction.Egress).Id || id == Decision.ByDefault(Direction.Ingress).Id;

    private static bool IsEvaluated(SideExplanation side) => side.PolicyScope is PolicyScope.AllTiers or PolicyScope.SelfThroughService or PolicyScope.ToOwnNode;

    private static ValueArray<Decision> WithoutDefaults(IEnumerable<Decision> decisions) => decisions.Where(d => !IsByDefault(d.Id)).ToValueArray();
}

/// <summary>A node's decision about the connection.</summary>
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

/// <summary>A decision of a node.</summary>
/// <param name="Decision">Its id; null when the node does not know it.</param>
/// <param name="Text">The decision in words.</param>
/// <param name="Connections">The counted connections.</param>
/// <param name="Bytes">The counted bytes.</param>
internal sealed record DecisionCountJson(string? Decision, string Text, ulong Connections, ulong Bytes);

/// <summary>Prints the nodes' decisions.</summary>
internal static class NodeCheckText
{
    public static void Write(IAnsiConsole console, IEnumerable<NodeCheck> checks)
    {
        foreach (var check in checks)
        {
            Line(console, "");
            if (check.Found is not { } found)
            {
                Line(console, $"[yellow]node {Markup.Escape(check.Node)} did not answer:[/] {Markup.Escape(check.Error ?? "")}");
                continue;
            }
            Line(console, check.Agrees == true
                ? $"node {Markup.Escape(check.Node)}: [green]the programmed rules agree with the policies[/]"
                : $"node {Markup.Escape(check.Node)}: [red]the programmed rules differ from the policies[/]");
            foreach (var count in found.Counts)
                Line(console, $"  {Markup.Escape(count.Decision is null ? "unready: the node has no ready pod with this address yet" : count.Text)}: counted {count.Connections} connections, {count.Bytes} bytes");
            if (found.Counts.IsEmpty)
                Line(console, "  no policy of this node applies to it: allowed by default");
            if (check.Agrees == true)
                continue;
            Line(console, $"  expected: {Markup.Escape(check.Expected.IsEmpty ? "allow by default" : string.Join("; ", check.Expected))}");
            foreach (var step in found.Steps)
                Line(console, $"    [dim]{Markup.Escape(step)}[/]");
        }
    }

    private static void Line(IAnsiConsole console, string markup) => console.Markup($"{markup}\n");
}
