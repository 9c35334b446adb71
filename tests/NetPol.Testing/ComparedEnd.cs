using NetPol.Model;
using NetPol.Model.Cluster;

namespace NetPol.Testing;

/// <summary>An end of connections in two clusters.</summary>
/// <param name="Old">Its address in the old one.</param>
/// <param name="New">Its address in the new one, of the same family.</param>
/// <param name="Pod">The pod that it is, as in the new cluster; null for any other address.</param>
/// <param name="Node">The node whose address it is; null for any other.</param>
/// <param name="RunsOn">Of a pod's address, the node that judged it and the one that does now.</param>
public sealed record ComparedEnd(IpAddress Old, IpAddress New, Pod? Pod, string? Node, (string? Old, string? New) RunsOn = default)
{
    /// <summary>Whether the two are a pod and the node that runs it.</summary>
    public static bool AreOfOneNode(ComparedEnd one, ComparedEnd other) =>
        (one.RunsOn.New is { } left && left == other.Node) || (other.RunsOn.New is { } right && right == one.Node);
}
