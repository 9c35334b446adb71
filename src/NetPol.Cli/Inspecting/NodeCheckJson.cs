namespace NetPol.Cli.Inspecting;

/// <summary>What a node does with the connection.</summary>
/// <param name="Node">The node's name.</param>
/// <param name="Agrees">Whether the programmed rules decide as the policies do; null when the node did not answer.</param>
/// <param name="Error">Why the node did not answer; null when it did.</param>
/// <param name="Meant">The ids of the expected decisions.</param>
/// <param name="Counts">The decisions that the node finds, with their counters.</param>
/// <param name="Steps">The rules that the node evaluates, in order.</param>
internal sealed record NodeCheckJson(
    string Node, bool? Agrees, string? Error, IReadOnlyList<string> Meant, IReadOnlyList<DecisionCountJson> Counts, IReadOnlyList<string> Steps)
{
    public static NodeCheckJson Create(NodeCheck check) => new(
        check.Node,
        check.Agrees,
        check.Trouble,
        [.. check.Meant.Select(d => d.Id.ToString())],
        [.. check.Found?.Counts.Select(c => new DecisionCountJson(c.Decision?.ToString(), c.Text, c.Connections, c.Bytes)) ?? []],
        [.. check.Found?.Steps ?? []]);
}

/// <summary>A decision that a node finds.</summary>
/// <param name="Decision">Its id; null when the node does not know it.</param>
/// <param name="Text">The decision in words.</param>
/// <param name="Connections">The counted connections.</param>
/// <param name="Bytes">The counted bytes.</param>
internal sealed record DecisionCountJson(string? Decision, string Text, ulong Connections, ulong Bytes);
