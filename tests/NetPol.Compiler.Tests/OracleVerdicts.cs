using NetPol.Model.Cluster;
using NetPol.Model.Rules;
using NetPol.Testing;

namespace NetPol.Compiler.Tests;

/// <summary>The oracle's verdicts on every connection of a small cluster, with ports at all edges.</summary>
internal sealed class OracleVerdicts
{
    private readonly ComparedWorlds _world;
    private readonly List<(Connection Connection, Verdict Verdict)> _verdicts = [];
    private readonly HashSet<Decision> _decisions = [];

    public OracleVerdicts(ClusterSnapshot cluster)
    {
        _world = new(cluster, cluster);
        foreach (var (from, to) in _world.Pairs())
        {
            foreach (var (protocol, port) in _world.Services)
            {
                var connection = ComparedWorlds.ThroughService(from.New, to.New, (protocol, port));
                var verdict = Oracle.Judge(cluster, connection);
                _verdicts.Add((connection, verdict.Verdict));
                _decisions.Add(verdict.Egress.Plain);
                _decisions.Add(verdict.Ingress.Plain);
            }
        }
    }

    /// <summary>Everyone who decides.</summary>
    public IReadOnlyCollection<Decision> Decisions => _decisions;

    /// <summary>A connection that has another verdict in another cluster of the same pods and nodes; null when there is none.</summary>
    public Connection? FirstOtherIn(ClusterSnapshot other)
    {
        foreach (var (connection, verdict) in _verdicts)
        {
            if (Oracle.Judge(other, connection).Verdict != verdict)
                return connection;
        }
        return null;
    }

    public override string ToString() => new JudgedWorld(_world.After, []).ToString();
}
