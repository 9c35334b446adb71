using NetPol.Model;
using NetPol.Model.Cluster;

namespace NetPol.Compiler.Indexing;

/// <summary>Collects the effects of changed pods.</summary>
/// <param name="nodes">Takes up the nodes with another set of pods, of addresses of pods, or of what pods may send from.</param>
internal sealed class PodChanges(HashSet<string> nodes)
{
    /// <summary>The addresses whose pods changed.</summary>
    public HashSet<IpAddress> Addresses { get; } = [];

    public void Add(Pod? before, Pod? after)
    {
        if (before is not null)
            Addresses.UnionWith(before.Addresses);
        if (after is not null)
            Addresses.UnionWith(after.Addresses);
        if (before is not null && after is not null && string.Equals(before.Node, after.Node, StringComparison.Ordinal) &&
            (before.HostNetwork, before.Finished) == (after.HostNetwork, after.Finished) && before.Addresses == after.Addresses && before.GrantedSources == after.GrantedSources)
            return;
        if (before?.Node is { } left)
            nodes.Add(left);
        if (after?.Node is { } come)
            nodes.Add(come);
    }
}
