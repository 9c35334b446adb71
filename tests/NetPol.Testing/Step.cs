using NetPol.Model.Cluster;

namespace NetPol.Testing;

/// <summary>One change of a cluster, drawn without knowing it: where it has nothing to change, the cluster stays as it is.</summary>
/// <param name="Description">For the walk's record, such as <c>put Pod a/p3</c>.</param>
/// <param name="Apply">The cluster after the change.</param>
public sealed record Step(string Description, Func<ClusterSnapshot, ClusterSnapshot> Apply)
{
    public override string ToString() => Description;
}
