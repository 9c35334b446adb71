using NetPol.Compiler.Explaining;
using NetPol.Model;
using NetPol.Model.Cluster;
using NetPol.Model.Policies;
using NetPol.Model.Rules;

namespace NetPol.Compiler;

/// <summary>Says of single connections what decides them and what that beats. Reads the policies themselves, not compiled rule sets.</summary>
public sealed class Explainer(ClusterSnapshot snapshot)
{
    private readonly ClusterLookup _cluster = new(snapshot);

    /// <summary>The verdict is the one that the compiled rule sets give.</summary>
    public Explanation Explain(Connection connection) => new(
        connection,
        SideExplainer.Explain(new(_cluster, connection, Direction.Egress)),
        SideExplainer.Explain(new(_cluster, connection, Direction.Ingress)));

    /// <summary>
    /// One explanation for each address family that both pods have, V4 first, between their first addresses of it; empty when they have
    /// none in common.
    /// </summary>
    /// <exception cref="ArgumentException">There is no such pod.</exception>
    public ValueArray<Explanation> Explain(PodId source, PodId destination, Protocol protocol, ushort port)
    {
        var (from, to) = (Addresses(source), Addresses(destination));
        return from.OrderBy(a => a.Family).DistinctBy(a => a.Family)
            .Where(a => to.Any(b => b.Family == a.Family))
            .Select(a => Explain(new Connection(a, to.First(b => b.Family == a.Family), protocol, port)))
            .ToValueArray();
    }

    private ValueArray<IpAddress> Addresses(PodId id) =>
        _cluster.Snapshot.Pods.FirstOrDefault(p => p.Id == id)?.Addresses ?? throw new ArgumentException($"there is no pod {id}", nameof(id));
}
