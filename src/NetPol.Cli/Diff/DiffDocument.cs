using System.Text.Json.Serialization;
using NetPol.Cli.Connections;
using NetPol.Cli.Infrastructure;
using NetPol.Compiler.Analysis.Diff;
using NetPol.Model.Net;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;

namespace NetPol.Cli.Diff;

/// <summary>The connections that a change opens and closes, and the pods and nodes that only one side has.</summary>
internal sealed record DiffDocument(
    IReadOnlyList<ChangeJson> Changes,
    IReadOnlyList<string> AddedPods,
    IReadOnlyList<string> RemovedPods,
    IReadOnlyList<string> MovedPods,
    IReadOnlyList<string> AddedNodes,
    IReadOnlyList<string> RemovedNodes) : Document("PolicyDiff", DiffSerializers.Default)
{
    public static DiffDocument Create(ClusterDiff comparison) => new(
        [.. ChangeRow.Create(comparison).Select(ChangeJson.Create)],
        [.. comparison.AddedPods.Select(p => p.ToString())],
        [.. comparison.RemovedPods.Select(p => p.ToString())],
        [.. comparison.MovedPods.Select(p => p.ToString())],
        comparison.AddedNodes,
        comparison.RemovedNodes);
}

/// <summary>Connections between two groups whose verdict or deciding policy changes.</summary>
/// <param name="Change">What changes.</param>
/// <param name="Scope">Whether the destinations are other endpoints, the source itself, or its own node.</param>
/// <param name="Family">IPv4 or IPv6; null for both.</param>
/// <param name="Ports">The destination ports.</param>
/// <param name="ProtocolsWithoutPorts">Whether the row includes protocols without ports.</param>
/// <param name="Each">The namespaces that the row repeats for. In such a row <c>.</c> stands for the namespace, and the number of pods is 0.</param>
/// <param name="From">The sources.</param>
/// <param name="To">The destinations.</param>
/// <param name="Before">The decisions in the old state.</param>
/// <param name="After">The decisions in the new state.</param>
internal sealed record ChangeJson(
    ConnectionChangeType Change,
    DestinationScope Scope,
    string? Family,
    IReadOnlyList<PortRangeJson> Ports,
    bool ProtocolsWithoutPorts,
    IReadOnlyList<string> Each,
    EndpointSetJson From,
    EndpointSetJson To,
    IReadOnlyList<DirectedDecisionJson> Before,
    IReadOnlyList<DirectedDecisionJson> After)
{
    public static ChangeJson Create(ChangeRow row) => new(
        row.Kind,
        row.Scope,
        row.Family switch { IpFamily.V4 => "IPv4", IpFamily.V6 => "IPv6", _ => null },
        [.. row.Ports.Ranges.Select(r => new PortRangeJson(r.Protocol.Name(), r.Range.First, r.Range.Last))],
        row.Ports.HasPortless,
        row.Each,
        EndpointSetJson.Create(row.From),
        EndpointSetJson.Create(row.To),
        [.. row.Before.Select(DirectedDecisionJson.Create)],
        [.. row.After.Select(DirectedDecisionJson.Create)]);
}

/// <summary>Ports from the first to the last, both included.</summary>
internal sealed record PortRangeJson(string Protocol, int First, int Last);

/// <summary>One end of connections. Each of the three is null when the end has none of that kind.</summary>
/// <param name="Pods">The pods.</param>
/// <param name="Nodes">The nodes.</param>
/// <param name="Outside">The addresses outside the cluster.</param>
internal sealed record EndpointSetJson(PodSetJson? Pods, NameSetJson? Nodes, NameSetJson? Outside)
{
    public static EndpointSetJson Create(EndpointSet endpointSets) => new(
        endpointSets.Pods is { } pods ? PodSetJson.Create(pods) : null, NameSetJson.Create(endpointSets.Nodes), NameSetJson.Create(endpointSets.Outside));
}

/// <summary>Pods by namespace and workload.</summary>
/// <param name="AllBut">Whether the set is all pods except the named ones.</param>
/// <param name="Namespaces">The namespaces with all their pods.</param>
/// <param name="Workloads">The workloads.</param>
internal sealed record PodSetJson(bool AllBut, IReadOnlyList<string> Namespaces, IReadOnlyList<WorkloadJson> Workloads)
{
    public static PodSetJson Create(PodSet pods) =>
        new(pods.AllBut, pods.Namespaces, [.. pods.Workloads.Select(w => new WorkloadJson(w.Namespace, w.Name, w.Pods))]);
}

/// <summary>A workload, or a pod of one.</summary>
internal sealed record WorkloadJson(string Namespace, string Name, int Pods);

/// <summary>Nodes or addresses.</summary>
/// <param name="AllBut">Whether the set is all entries except the named ones.</param>
/// <param name="Names">The names.</param>
internal sealed record NameSetJson(bool AllBut, IReadOnlyList<string> Names)
{
    public static NameSetJson? Create(NameSet? endpointSets) => endpointSets is null ? null : new(endpointSets.AllBut, endpointSets.Names);
}

/// <summary>A decision and the side that it belongs to.</summary>
internal sealed record DirectedDecisionJson(
    Direction Direction,
    Verdict Verdict,
    string Tier,
    string? Kind,
    string? Policy,
    int? Rule,
    string? RuleName,
    IReadOnlyList<string> IsolatedBy,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DecisionJson? Audit)
{
    public static DirectedDecisionJson Create(Decision decision)
    {
        var (verdict, tier, kind, policy, rule, ruleName, isolatedBy, audit) = DecisionJson.Create(decision);
        return new(decision.Direction, verdict, tier, kind, policy, rule, ruleName, isolatedBy, audit);
    }
}

[JsonSerializable(typeof(DiffDocument))]
internal sealed partial class DiffSerializers : JsonSerializerContext;
