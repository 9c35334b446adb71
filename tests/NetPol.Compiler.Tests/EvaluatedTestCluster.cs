using NetPol.Compiler.Analysis.Explain;
using NetPol.Model.Cluster;
using NetPol.Model.Net;
using NetPol.Model.Policies;
using NetPol.Model.RuleSets;
using NetPol.Testing.Clusters;
using NetPol.Testing.Oracles;

namespace NetPol.Compiler.Tests;

/// <summary>A compiled test cluster that returns verdicts. Each verdict must equal those of the oracle and the explainer.</summary>
internal sealed class EvaluatedTestCluster
{
    private readonly TestCluster _cluster;
    private readonly ClusterSnapshot _snapshot;
    private readonly ClusterEvaluator _evaluator;
    private readonly Explainer _explainer;

    public EvaluatedTestCluster(TestCluster cluster)
    {
        _cluster = cluster;
        _snapshot = cluster.Snapshot;
        _explainer = new(_snapshot);
        _evaluator = new(PolicyCompiler.Compile(_snapshot), _snapshot);
    }

    /// <summary>Evaluates a connection, with ends and port as in <see cref="TestCluster.Connection"/>. A pod connects to itself through a Service.</summary>
    public ConnectionVerdict Verdict(string from, string to, string port = "80/TCP")
    {
        var connection = port == "ICMP"
            ? _cluster.Connection(from, to, "0/TCP") with { Protocol = Protocol.Icmp }
            : _cluster.Connection(from, to, port);
        return Verdict(connection with { IsThroughService = from == to });
    }

    public ConnectionVerdict Verdict(Connection connection)
    {
        var verdict = _evaluator.Evaluate(connection);
        Assert.AreEqual(Oracle.Evaluate(_snapshot, connection), verdict, $"the oracle on {connection}");
        Assert.AreEqual(verdict, _explainer.Explain(connection).Verdict, $"the explanation of {connection}");
        return verdict;
    }

    public void Allows(string from, string to, params string[] ports)
    {
        foreach (var port in ports)
            Assert.AreEqual(NetPol.Model.RuleSets.Verdict.Allow, Verdict(from, to, port).Verdict, $"{from} -> {to} {port}");
    }

    public void Denies(string from, string to, params string[] ports)
    {
        foreach (var port in ports)
            Assert.AreEqual(NetPol.Model.RuleSets.Verdict.Deny, Verdict(from, to, port).Verdict, $"{from} -> {to} {port}");
    }

    /// <summary>Returns the decision of a side as text (<see cref="Decision.ToString"/>).</summary>
    public string Decider(Direction direction, string from, string to, string port = "80/TCP") =>
        (direction == Direction.Egress ? Verdict(from, to, port).Egress : Verdict(from, to, port).Ingress).ToString();
}
