namespace NetPol.Cli.Comparing;

/// <summary>One end of changed connections as a person would name it: whole namespaces, then workloads, nodes and addresses.</summary>
/// <param name="Pods">Pods; null when there are none.</param>
/// <param name="Nodes">Nodes; null when there are none.</param>
/// <param name="Outside">Addresses outside of the cluster; null when there are none.</param>
internal sealed record Parties(PodParties? Pods, NameParties? Nodes, NameParties? Outside)
{
    /// <summary>The one namespace that all of it is in; null when there is no such one.</summary>
    public string? Home => Nodes is null && Outside is null ? Pods?.Home : null;

    /// <summary>The same as seen from a namespace, which is written as <see cref="PodParties.Here"/>.</summary>
    public Parties From(string home) => this with { Pods = Pods?.From(home) };
}
