namespace NetPol.Cli.Tests.Comparing;

/// <summary>One pod, one address of a node, or the addresses of one group outside.</summary>
/// <param name="Title">The row and column that it is in.</param>
/// <param name="Pod">A pod's own name.</param>
/// <param name="Node">The node that it is, or that runs it.</param>
internal sealed record ExpandedEnd(string Title, string? Pod, string? Node)
{
    /// <summary>Whether a change has a connection between the two.</summary>
    public bool Connects(ExpandedEnd to, string counterpart) => counterpart switch
    {
        "itself" => this == to,
        "ownNode" => Node == to.Node,
        _ => this != to && (Node is null || to.Node is null || (Pod is not null && to.Pod is not null) || Node != to.Node),
    };
}
