using NetPol.Protocol.Flows;

namespace NetPol.Controller.Pages;

/// <summary>A denial, as the page gets it, in the words of <c>netpol logs</c>.</summary>
/// <param name="At">When the first packet came, by the node's clock.</param>
/// <param name="Verdict"><c>deny</c> or <c>audit-deny</c>.</param>
/// <param name="Direction"><c>ingress</c> or <c>egress</c>.</param>
/// <param name="Source">A pod, a node, or an address.</param>
/// <param name="Destination">The same.</param>
/// <param name="Port"><c>80/TCP</c>; where there is no port, the protocol.</param>
/// <param name="By">Who decided.</param>
/// <param name="Node">The node that judged.</param>
/// <param name="Count">Packets that tried to open a connection.</param>
internal sealed record DenialView(
    DateTimeOffset At, string Verdict, string Direction, string Source, string Destination, string Port, string By, string Node, long Count)
{
    public static DenialView Of(FlowRecord record) => new(
        record.FirstAt,
        FlowWords.Verdict(record),
        FlowWords.Direction(record),
        record.Source.Name,
        record.Destination.Name,
        record.Destination.Port is { } port ? $"{port}/{FlowWords.Protocol(record)}" : FlowWords.Protocol(record),
        FlowWords.Decider(record.Decision),
        record.Node,
        record.Count);
}
