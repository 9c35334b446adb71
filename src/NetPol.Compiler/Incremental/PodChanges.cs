using NetPol.Model;
using NetPol.Model.Cluster;

namespace NetPol.Compiler.Incremental;

/// <summary>What changed pods may have changed for others.</summary>
internal sealed class PodChanges
{
    /// <summary>The pods that are there, as they are now.</summary>
    public List<Pod> Pods { get; } = [];

    /// <summary>Addresses whose pods look different, or are others.</summary>
    public HashSet<IpAddress> Addresses { get; } = [];

    /// <summary>Nodes with another set of pods, or of addresses of pods.</summary>
    public HashSet<string> Nodes { get; } = new(StringComparer.Ordinal);

    public void Add(Pod? before, Pod? after)
    {
        if (after is not null)
            Pods.Add(after);
        if (before is { IsSelectable: true })
            Addresses.UnionWith(before.Addresses);
        if (after is { IsSelectable: true })
            Addresses.UnionWith(after.Addresses);
        if (before is not null && after is not null && string.Equals(before.Node, after.Node, StringComparison.Ordinal) && before.IsSelectable == after.IsSelectable && before.Addresses == after.Addresses)
            return;
        if (before?.Node is { } left)
            Nodes.Add(left);
        if (after?.Node is { } come)
            Nodes.Add(come);
    }
}
