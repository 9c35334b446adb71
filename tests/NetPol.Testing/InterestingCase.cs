using NetPol.Model.Cluster;
using NetPol.Model.Rules;

namespace NetPol.Testing;

/// <summary>Something that a judgement can hinge on.</summary>
/// <param name="Name">A sentence, such as <c>a Pass matters</c>.</param>
/// <param name="IsMet">Whether this connection, judged so in this cluster, is such a case.</param>
public sealed record InterestingCase(string Name, Func<ClusterSnapshot, Connection, ConnectionVerdict, bool> IsMet)
{
    /// <summary>Without this the verdict, or who made it, would be another.</summary>
    internal static InterestingCase Matters(string name, Func<ClusterSnapshot, Connection, ClusterSnapshot> without) =>
        new(name, (cluster, connection, verdict) => Oracle.Judge(without(cluster, connection), connection) != verdict);

    public override string ToString() => Name;
}
