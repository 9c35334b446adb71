using NetPol.Protocol.State;

namespace NetPol.Controller.Pages;

/// <summary>What the page says above everything else while nodes do not enforce the policies that it draws.</summary>
internal static class EnforcementWarning
{
    private const int MostNames = 5;

    /// <summary>Null when every node enforces its rules, or there are no nodes. A node that is behind for the moment of an update enforces.</summary>
    public static string? Of(IReadOnlyList<NodeView> nodes)
    {
        var reasons = nodes.Select(n => (n.Name, Reason: Reason(n.Agent))).Where(n => n.Reason is not null).GroupBy(n => n.Reason!, n => n.Name, StringComparer.Ordinal)
            .Select(g => (Reason: g.Key, Names: g.ToList())).ToList();
        var count = reasons.Sum(r => r.Names.Count);
        if (count == 0)
            return null;
        var who = count == nodes.Count ? nodes.Count == 1 ? "The only node does" : $"None of the {nodes.Count} nodes" : count == 1 ? $"1 of {nodes.Count} nodes does" : $"{count} of {nodes.Count} nodes do";
        var verb = count == nodes.Count && nodes.Count > 1 ? "enforces" : "not enforce";
        var causes = string.Join("; ", reasons.Select(r => $"{r.Reason} ({Names(r.Names)})"));
        return $"{who} {verb} the policies: {causes}. The map shows what the policies say, not what happens {(count == nodes.Count ? "in the cluster" : $"on {(count == 1 ? "this node" : "these nodes")}")}.";
    }

    private static string? Reason(AgentReport? agent) => agent switch
    {
        null => "no agent follows a controller",
        { Error: { } error } => $"the last update failed: {error}",
        { EnforcedAt: null } => "no rules are in force yet",
        _ => null,
    };

    private static string Names(List<string> names) =>
        names.Count <= MostNames ? string.Join(", ", names) : $"{string.Join(", ", names.Take(MostNames))} and {names.Count - MostNames} more";
}
