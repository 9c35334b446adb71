using NetPol.Protocol.Flows;
using NetPol.Protocol.Status;

namespace NetPol.Controller.Dashboard;

/// <summary>A denial as the page shows it, in the words of <c>netpol logs</c>.</summary>
/// <param name="At">When the first packet came, by the node's clock.</param>
/// <param name="Verdict"><c>deny</c> or <c>audit-deny</c>.</param>
/// <param name="Direction"><c>ingress</c> or <c>egress</c>.</param>
/// <param name="Source">A pod, a node, or an address.</param>
/// <param name="Destination">The same.</param>
/// <param name="Port"><c>80/TCP</c>; where there is no port, the protocol.</param>
/// <param name="By">The policy and rule that decided, or the default.</param>
/// <param name="Node">The node that gave the verdict.</param>
/// <param name="Count">Packets that tried to open a connection.</param>
internal sealed record DenialView(
    DateTimeOffset At, string Verdict, string Direction, string Source, string Destination, string Port, string By, string Node, long Count)
{
    public static DenialView Create(FlowRecord record) => new(
        record.FirstPacketAt,
        FlowTerms.Verdict(record),
        FlowTerms.Direction(record),
        record.Source.Name,
        record.Destination.Name,
        record.Destination.Port is { } port ? $"{port}/{FlowTerms.Protocol(record)}" : FlowTerms.Protocol(record),
        FlowTerms.Decider(record.Decision),
        record.Node,
        record.Count);
}

/// <summary>A part of the map of namespaces, as the page gets it.</summary>
/// <param name="At">When it was so.</param>
/// <param name="Total">How many namespaces there are.</param>
/// <param name="Matching">How many have names that match the filter.</param>
/// <param name="Names">The first of them, by name.</param>
/// <param name="Rows">From each of them, a digit for each: 0 no pods, 1 open, 2 closed, 3 partly.</param>
internal sealed record MatrixView(DateTimeOffset At, int Total, int Matching, IReadOnlyList<string> Names, IReadOnlyList<string> Rows);

/// <summary>A node, as the page gets it.</summary>
/// <param name="Name">The node's name.</param>
/// <param name="Replica">The controller that its agent is connected to; null when it is connected to none.</param>
/// <param name="Agent">That controller's report of the agent; null when the agent is connected to none.</param>
internal sealed record NodeView(string Name, string? Replica, AgentReport? Agent);

/// <summary>Why the page gets no data.</summary>
/// <param name="Error">For people.</param>
internal sealed record DashboardError(string Error);

/// <summary>Everything that the page shows.</summary>
/// <param name="Replica">The controller that serves it.</param>
/// <param name="Map">Who reaches whom.</param>
/// <param name="Denials">The last ones; the latest comes first.</param>
/// <param name="Nodes">All nodes.</param>
/// <param name="NotEnforced">Which nodes do not enforce the policies, and why; null when all do.</param>
/// <param name="Fault">What could not be read; null when everything could.</param>
internal sealed record DashboardView(string Replica, MatrixView Map, IReadOnlyList<DenialView> Denials, IReadOnlyList<NodeView> Nodes, string? NotEnforced, string? Fault);
