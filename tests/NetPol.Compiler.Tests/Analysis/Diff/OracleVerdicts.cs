using NetPol.Model.Cluster;
using NetPol.Model.RuleSets;
using NetPol.Testing.Agreement;
using NetPol.Testing.Oracles;

namespace NetPol.Compiler.Tests.Analysis.Diff;

/// <summary>The oracle's verdicts on every connection of a small cluster, with ports at all edges.</summary>
internal sealed class OracleVerdicts
{
    private readonly ComparedClusters _cluster;
    private readonly List<(Connection Connection, Verdict Verdict)> _verdicts = [];
    private readonly HashSet<Decision> _decisions = [];

    public OracleVerdicts(ClusterSnapshot cluster)
    {
        _cluster = new(cluster, cluster);
        foreach (var (from, to) in _cluster.Pairs())
        {
            foreach (var (protocol, port) in _cluster.Services)
            {
                var connection = ComparedClusters.ThroughService(from.New, to.New, (protocol, port));
                var verdict = Oracle.Evaluate(cluster, connection);
                _verdicts.Add((connection, verdict.Verdict));
                _decisions.Add(verdict.Egress.Plain);
                _decisions.Add(verdict.Ingress.Plain);
            }
        }
    }

    /// <summary>Returns all deciders.</summary>
    public IReadOnlyCollection<Decision> Decisions => _decisions;

    /// <summary>Returns a connection whose verdict differs in another cluster of the same pods and nodes. Null if there is none.</summary>
    public Connection? FirstOtherIn(ClusterSnapshot other)
    {
        foreach (var (connection, verdict) in _verdicts)
        {
            if (Oracle.Evaluate(other, connection).Verdict != verdict)
                return connection;
        }
        return null;
    }

    public override string ToString() => new ClusterSample(_cluster.After, []).ToString();
}
